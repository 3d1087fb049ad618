"""The model families that turn one picture into another, a file each; `vj.model.FAMILIES` lists them."""
