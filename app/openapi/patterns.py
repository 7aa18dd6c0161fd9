"""Regular expressions that the OpenAPI document shares."""

# The characters that `str.strip` removes, for a character class of ECMA-262. Its `\s` is another set.
BLANKS = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
