"""What `str.strip` takes off a text, as patterns of the OpenAPI document say it."""

# For a class of ECMA-262's regular expressions, whose `\s` is another set.
BLANKS = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
