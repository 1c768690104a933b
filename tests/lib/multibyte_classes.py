# Asking whether a codec is an East Asian one works, as charset_normalizer (and so aiohttp) does at import.
import codecs
import encodings.latin_1
import encodings.utf_8

from _multibytecodec import (MultibyteIncrementalDecoder, MultibyteIncrementalEncoder, MultibyteStreamReader,
                             MultibyteStreamWriter)

for module in (encodings.utf_8, encodings.latin_1):
    print(module.__name__, issubclass(module.IncrementalDecoder, MultibyteIncrementalDecoder),
          issubclass(module.IncrementalEncoder, MultibyteIncrementalEncoder),
          issubclass(module.StreamReader, MultibyteStreamReader), issubclass(module.StreamWriter, MultibyteStreamWriter))
print(isinstance(codecs.getincrementaldecoder("utf-8")(), MultibyteIncrementalDecoder))
