"""The API and its AWS on one machine. May import all of `app`, which never imports it."""
