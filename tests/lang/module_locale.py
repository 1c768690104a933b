# The module _locale: the C library's locale, and the refusals of its functions.
import _locale
import locale


def attempt(function, *args):
    try:
        result = function(*args)
    except BaseException as e:
        result = type(e).__name__ + ": " + str(e)
    print(function.__name__, result)


print(_locale.setlocale(_locale.LC_NUMERIC), locale.getpreferredencoding(False), _locale.getencoding())
for args in ((_locale.LC_ALL, "C"), (_locale.LC_ALL, "xx"), (99,), (_locale.LC_ALL, "C.UTF-8"), ("a",), (0, 5), (_locale.LC_ALL, "\0")):
    attempt(_locale.setlocale, *args)
print(_locale.localeconv())
for key in (_locale.CODESET, _locale.DAY_1, _locale.RADIXCHAR, 99999999, "a"):
    attempt(_locale.nl_langinfo, key)
print(_locale.strcoll("a", "b") < 0, _locale.strcoll("b", "a") > 0, _locale.strcoll("ä", "ä"))
attempt(_locale.strcoll, "a", 5)
attempt(_locale.strcoll, "a\0", "b")
print(sorted(["b", "ä", "a", "B"], key=_locale.strxfrm))
attempt(_locale.strxfrm, "a\0")
attempt(_locale.gettext, "a")
attempt(_locale.gettext, 5)
attempt(_locale.dgettext, None, "a")
attempt(_locale.dcgettext, "x", "ä", 5)
attempt(_locale.textdomain, None)
attempt(_locale.bindtextdomain, "a", None)
attempt(_locale.bindtextdomain, "", None)
attempt(_locale.bind_textdomain_codeset, "a", None)
print(locale.Error is _locale.Error, locale.format_string("%d", 1234567, grouping=True), locale.currency if 0 else "")
