"""The queries: what `/org` shows of the organization, to the asker alone, from the cached snapshot.

`handlers/query_names.py` says which there are, `registry` what answers each; a new query is a line in both and a function in a file of its own.
"""
