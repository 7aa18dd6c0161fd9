"""The API and its AWS on one machine; may import all of `app`, and is imported by no other part."""
