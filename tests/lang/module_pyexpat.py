# pyexpat: events with their arguments, buffered text, namespaces, entities, errors and their places, encodings.
import io
from xml.parsers import expat

DOCUMENT = b'''<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE root SYSTEM "root.dtd" [
<!ELEMENT root (a|b)*>
<!ATTLIST a id CDATA #IMPLIED other CDATA "given">
<!ENTITY internal "some &#233; text">
<!ENTITY outside SYSTEM "outside.xml">
<!ENTITY picture SYSTEM "p.gif" NDATA gif>
<!NOTATION gif PUBLIC "-//gif">
]>
<?target words ?>
<root xmlns:n="urn:n"><!-- note --><a id="1">text &internal; more\xe9</a>
<b><![CDATA[<raw>]]></b>&outside;&unknown;<n:c n:d="e"/></root>
'''
HANDLERS = [name for name in dir(expat.ParserCreate()) if name.endswith(("Handler", "Expand"))]

def events(data, handlers=HANDLERS, separator=None, **attributes):
    parser = expat.ParserCreate(None, separator)
    seen = []
    def note(name):
        def handler(*args):
            seen.append((name, args))
            return 1
        return handler
    for name in handlers:
        if name not in ("DefaultHandler", "DefaultHandlerExpand"):
            setattr(parser, name, note(name))
    for name, value in attributes.items():
        setattr(parser, name, value)
    parser.UseForeignDTD(False)
    try:
        seen.append(parser.Parse(data, True))
    except expat.ExpatError as e:
        seen.append((str(e), e.code, e.lineno, e.offset, expat.ErrorString(e.code)))
    return seen

for event in events(DOCUMENT):
    print(event)
for event in events(DOCUMENT, ["StartElementHandler", "EndElementHandler", "CharacterDataHandler"], " ",
                    buffer_text=True, ordered_attributes=True, specified_attributes=True, namespace_prefixes=True):
    print(event)
for bad in (b"<a><b></a>", b"", b"<a", b"<a>&x;</a>", b"<a/><b/>", b"\xff\xfe<", "<a>\u20ac</a>", b"<?xml version='1.0' encoding='koi8-r'?><a>\xc1</a>"):
    print(bad, events(bad, ["CharacterDataHandler"]))

parser = expat.ParserCreate()
def fail(name, attributes):
    raise KeyError(name, parser.CurrentLineNumber, parser.CurrentColumnNumber, parser.GetInputContext()[:6])
parser.StartElementHandler = fail
try:
    parser.Parse(b"<one>\n <two/></one>", True)
except KeyError as e:
    print(e.args)
pieces = []
parser = expat.ParserCreate()
parser.CharacterDataHandler = pieces.append
print(parser.ParseFile(io.BytesIO(b"<a>" + b"word " * 3000 + b"</a>")), len("".join(pieces)), parser.CurrentByteIndex)
outer = expat.ParserCreate()
def external(context, base, system, public):
    inner = outer.ExternalEntityParserCreate(context)
    inner.CharacterDataHandler = lambda text: print("inner", repr(text), system)
    return inner.Parse(b"from outside", True)
outer.ExternalEntityRefHandler = external
print(outer.Parse(b'<!DOCTYPE a [<!ENTITY o SYSTEM "o.xml">]><a>&o;</a>', True))
print(expat.errors.XML_ERROR_TAG_MISMATCH, expat.errors.codes[expat.errors.XML_ERROR_SYNTAX], expat.model.XML_CTYPE_SEQ)
import xml.etree.ElementTree as ET
root = ET.fromstring("<r a='1'><x>t</x>tail<x/></r>")
print(ET.tostring(root), [e.text for e in root.iter("x")], root.find("x").tail)
