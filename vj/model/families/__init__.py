"""The model families that turn one picture into another, one file each; `vj.model.FAMILIES` lists them."""
