"""RFC 8259 and nothing else: one object, valid UTF-8, at most 64 levels, repeated keys found at every level.

Numbers stay text (`NumberText`), so that nothing is lost. A text that is not JSON is BadJson even if a key repeats before
the fault; RepeatedKey is only for text that is otherwise faultless.
"""

import re

MAX_DEPTH = 64
SPACE = re.compile(r"[ \t\r\n]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
PLAIN_TEXT = re.compile(r'[^"\\\x00-\x1f]*')
HEX4 = re.compile(r"[0-9A-Fa-f]{4}")
ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
WORDS = {"true": True, "false": False, "null": None}


class BadJson(Exception):
    pass


class RepeatedKey(Exception):
    pass


class NumberText(str):
    """A JSON number, as written."""


def parse_object(data):
    """The one object in the bytes `data`: dict of str, NumberText, bool, None, list, dict."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson("not UTF-8") from error
    parser = _Parser(text)
    position = parser.space(0)
    if text[position:position + 1] != "{":
        raise BadJson("no object")
    value, position = parser.value(position, 1)
    if parser.space(position) != len(text):
        raise BadJson("more after the object")
    if parser.repeated:
        raise RepeatedKey()
    return value


class _Parser:
    def __init__(self, text):
        self.text = text
        self.repeated = False

    def space(self, position):
        return SPACE.match(self.text, position).end()

    def value(self, position, depth):
        first = self.text[position:position + 1]
        if first == '"':
            return self.string(position)
        if first == "{":
            return self.object(position, depth)
        if first == "[":
            return self.array(position, depth)
        for word, value in WORDS.items():
            if self.text.startswith(word, position):
                return value, position + len(word)
        match = NUMBER.match(self.text, position)
        if match is None:
            raise BadJson(f"no value at {position}")
        return NumberText(match.group()), match.end()

    def object(self, position, depth):
        if depth > MAX_DEPTH:
            raise BadJson("too deep")
        result = {}
        position = self.space(position + 1)
        if self.text[position:position + 1] == "}":
            return result, position + 1
        while True:
            if self.text[position:position + 1] != '"':
                raise BadJson(f"no key at {position}")
            key, position = self.string(position)
            position = self.space(position)
            if self.text[position:position + 1] != ":":
                raise BadJson(f"no colon at {position}")
            value, position = self.value(self.space(position + 1), depth + 1)
            if key in result:
                self.repeated = True
            result[key] = value
            position = self.space(position)
            mark = self.text[position:position + 1]
            if mark == "}":
                return result, position + 1
            if mark != ",":
                raise BadJson(f"no comma at {position}")
            position = self.space(position + 1)

    def array(self, position, depth):
        if depth > MAX_DEPTH:
            raise BadJson("too deep")
        result = []
        position = self.space(position + 1)
        if self.text[position:position + 1] == "]":
            return result, position + 1
        while True:
            value, position = self.value(position, depth + 1)
            result.append(value)
            position = self.space(position)
            mark = self.text[position:position + 1]
            if mark == "]":
                return result, position + 1
            if mark != ",":
                raise BadJson(f"no comma at {position}")
            position = self.space(position + 1)

    def string(self, position):
        parts = []
        position += 1
        while True:
            match = PLAIN_TEXT.match(self.text, position)
            parts.append(match.group())
            position = match.end()
            mark = self.text[position:position + 1]
            if mark == '"':
                return "".join(parts), position + 1
            if mark != "\\":
                raise BadJson(f"bad character in a string at {position}")
            letter = self.text[position + 1:position + 2]
            if letter == "u":
                unit = self.hex4(position + 2)
                position += 6
                if 0xD800 <= unit < 0xDC00:                 # must be followed by the other half
                    if self.text[position:position + 2] != "\\u":
                        raise BadJson("lone surrogate")
                    low = self.hex4(position + 2)
                    if not 0xDC00 <= low < 0xE000:
                        raise BadJson("lone surrogate")
                    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                    position += 6
                elif 0xDC00 <= unit < 0xE000:
                    raise BadJson("lone surrogate")
                parts.append(chr(unit))
            elif letter in ESCAPES and letter:
                parts.append(ESCAPES[letter])
                position += 2
            else:
                raise BadJson(f"bad escape at {position}")

    def hex4(self, position):
        match = HEX4.match(self.text, position)
        if match is None:
            raise BadJson(f"bad escape at {position}")
        return int(match.group(), 16)
