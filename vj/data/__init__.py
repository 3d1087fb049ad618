"""Data sets that models are trained on: folders of pictures, made from what people have, that any machine can read.

`builder` writes them, `description` says what is in them, `reader` reads them. What `vj data` makes them from is in
`pairs`, `gathering` (folders and films, with a filter, or two of them), `capture` and `openmoji`.
"""
