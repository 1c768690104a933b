# ctypes: what expressions give, in words of errors too: types and their layouts, from_param, arrays, pointers, prototypes.
import re
import _ctypes
from ctypes import *

class A(Structure): pass
class B(c_int): pass

EXPRESSIONS = r'''
c_int.from_param("x")
c_char_p.from_param(3)
c_wchar_p.from_param(b"3")
c_void_p.from_param(3.5)
POINTER(c_int).from_param(c_int)
POINTER(c_int).from_param(byref(c_char()))
A.from_param(3)
c_int(1.5)
c_char(300)
c_int*1.5
c_int*-1
hash(c_int())
c_int.from_address("x")
c_int.from_buffer(b"abcd")
c_int.from_buffer_copy(b"a")
c_int.from_buffer(bytearray(3),-1)
c_int.in_dll(3,"x")
pointer(3)
POINTER(3)
sizeof(3)
alignment(3)
byref(3)
addressof(3)
resize(3,3)
resize(c_int(),1)
_ctypes._SimpleCData()
Structure()
type(_ctypes._SimpleCData)("x",(_ctypes._SimpleCData,),{})
type(_ctypes._SimpleCData)("x",(_ctypes._SimpleCData,),{"_type_":3})
type(_ctypes._SimpleCData)("x",(_ctypes._SimpleCData,),{"_type_":"w"})
type(_ctypes._SimpleCData)("x",(_ctypes._SimpleCData,),{"_type_":"ww"})
type(Array)("x",(Array,),{})
type(Array)("x",(Array,),{"_length_":3})
type(Array)("x",(Array,),{"_type_":c_int})
type(Array)("x",(Array,),{"_type_":c_int,"_length_":"x"})
type(Array)("x",(Array,),{"_type_":c_int,"_length_":-1})
type(Array)("x",(Array,),{"_type_":c_int,"_length_":1<<62})
type(Array)("x",(Array,),{"_type_":c_int,"_length_":1<<70})
type(Array)("x",(Array,),{"_type_":int,"_length_":1})
type(_ctypes.CFuncPtr)("x",(_ctypes.CFuncPtr,),{})
type(_ctypes.CFuncPtr)("x",(_ctypes.CFuncPtr,),{"_flags_":1,"_argtypes_":3})
type(_ctypes.CFuncPtr)("x",(_ctypes.CFuncPtr,),{"_flags_":1,"_argtypes_":(3,)})
type(_ctypes.CFuncPtr)("x",(_ctypes.CFuncPtr,),{"_flags_":1,"_restype_":3})
type(_ctypes._Pointer)("x",(_ctypes._Pointer,),{"_type_":3})
type(_ctypes._Pointer)("x",(_ctypes._Pointer,),{})()
type(Structure)("x",(Structure,),{"_fields_":3})
type(Structure)("x",(Structure,),{"_fields_":[3]})
type(Structure)("x",(Structure,),{"_fields_":[("x",)]})
type(Structure)("x",(Structure,),{"_fields_":[("x",3)]})
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,40)]})
type(Structure)("x",(Structure,),{"_fields_":[("x",c_double,4)]})
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)],"_pack_":"x"})
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)],"_anonymous_":["y"]})
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)],"_anonymous_":["x"]})
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)],"_anonymous_":3})
(c_int*3)()["x"]
(c_int*3)()[5]
(c_int*3)().__setitem__(slice(0,2),[1])
(c_int*3)(1,2,3,4)
pointer(c_int()).__getitem__("x")
pointer(c_int())[::0]
pointer(c_int())[::]
pointer(c_int())[:3:-1]
pointer(c_int()).__setitem__(slice(0,1),[1])
POINTER(c_int)()[0]
POINTER(c_int)().contents
_ctypes._Pointer()
POINTER(c_int)(3)
_ctypes.CFuncPtr(3)
CFUNCTYPE(c_int)(3.5)
CFUNCTYPE(c_int)("x")
CFUNCTYPE(c_int)(("x",3))
CFUNCTYPE(c_int)((3,))
CFUNCTYPE(c_int)((3.5,CDLL(None)))
CDLL(None).abs("a", 3.5)
CDLL(None).abs(1<<70)
CFUNCTYPE(3)
CFUNCTYPE(c_int, 3)
CFUNCTYPE(c_int, c_int)(abs)()
CFUNCTYPE(c_int, c_int)(abs)("x")
setattr(CDLL(None).abs,"restype",3)
setattr(CDLL(None).abs,"argtypes",3)
setattr(CDLL(None).abs,"argtypes",[3])
setattr(CDLL(None).abs,"errcheck",3)
cast(3, c_int)
cast(3, 5)
cast(3, int)
Union(3)
A(3)
c_int(1,2)
c_int.value
delattr(c_int(3),"value")
c_int.from_buffer("x")
(c_char*3)().__class__.raw
setattr((c_char*3)(),"raw",b"1234")
setattr((c_char*3)(),"value",b"1234")
setattr((c_char*3)(),"value","1234")
setattr((c_wchar*3)(),"value","1234")
setattr((c_wchar*3)(),"value",b"1234")
setattr(POINTER(c_int)(),"contents",3)
delattr(POINTER(c_int)(),"contents")
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),3)
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),())
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),(3,))
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((3,),))
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((2,),))
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((9,),))
CFUNCTYPE(c_int,POINTER(c_int))(("abs",CDLL(None)),((2,"x",3,4),))
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((1,"a"),))()
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((1,"a"),))(b=1)
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((1,"a"),))(1,b=1)
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((1,"a"),))(1,2)
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((1,"a"),))(a=-4)
CFUNCTYPE(c_int,c_int)(("abs",CDLL(None)),((1,"a",-9),))()
CDLL(None).abs(-3, 1, 2)
CDLL(None).strlen("ab")
CDLL(None).strlen(b"ab")
CDLL(None).wcslen("abc")
CDLL(None).abs
_ctypes.buffer_info(c_int)
_ctypes.buffer_info(c_int*3*2)
_ctypes.__version__
B.__ctype_be__
A.__ctype_be__
(c_int*3)._type_
c_int.__ctype_be__
c_int.__ctype_be__.__name__
c_long.__mro__
type(c_int)
type(c_int).__mro__
type(A)
type(Union)
type(Array)
type(_ctypes.CFuncPtr)
type(_ctypes._Pointer)
Array.__class_getitem__(3)
POINTER(c_int)
POINTER(None)
POINTER("abc")
c_int*3
(c_int*3).__name__
(c_char*3)(b"a",98,b"c").raw
(c_char*3)(b"a",98,b"c").value
(c_char*3)(b"a",98,b"c")[:]
(c_wchar*3)("a","b","c").value
(c_int*3)(1,2,3)[::-1]
c_int(3)
c_char(b"3")
c_longdouble(1.5)
c_float(1.5)
c_bool(7)
py_object(3)
py_object()
c_char_p(b"3").value
bool(c_int(0)), bool(c_int(1)), bool(c_double(0))
string_at(b"abc"), string_at(b"abc", 2), wstring_at("abc"), wstring_at("abc", 1)
c_int.from_param(3)
c_char.from_param(b"a")
c_char.from_param(b"'")
c_char.from_param(1)
byref(c_int(3))._obj
sorted(x for x in dir(c_int) if x[:2] != "__")
sorted(x for x in dir(type(c_int)) if x not in dir(type))
sorted(x for x in dir(type(A)) if x not in dir(type))
sorted(x for x in dir(type(POINTER(c_int))) if x not in dir(type))
c_int(3).__reduce__()
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_char)]}).x
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_char)]}).y
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_int,4)]}).y
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_int,4)]}).y.size
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_int,4)]})(1,2,3)
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_int,4)]})(1,x=3)
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_int,4)]})(z=3).z
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)]}).x.__get__(3)
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)]}).x.__set__(3, 4)
delattr(type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)]})(), "x")
type(Structure)("x",(Structure,),{"_fields_":[("x",c_int)]})("a")
type(Structure)("x",(Structure,),{"_fields_":[("x",POINTER(c_int))]})((c_long*3)())
type(Structure)("x",(Structure,),{"_fields_":[("x",POINTER(c_int))]})(c_long())
memoryview(type(Structure)("x",(Structure,),{"_fields_":[("x",c_char),("y",c_int),("z",c_char)]})()).format
memoryview(type(Structure)("x",(Structure,),{"_fields_":[("x",c_int,3),("y",c_int),("z",c_char)]})()).format
'''
for line in EXPRESSIONS.strip().splitlines():
    try:
        result = repr(eval(line))
    except Exception as e:
        result = f"{type(e).__name__}: {e}"
    print(line, "->", re.sub("0x[0-9a-f]+", "0x", result))
