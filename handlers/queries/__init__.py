"""The looks: what `/org` shows of the organization, to the asker alone, from the cached snapshot.

`names` says which there are, `registry` what answers each; a new look is a line in both and a function in a file of its own.
"""
