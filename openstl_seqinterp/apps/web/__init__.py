"""The page of ``seqinterp app``: bring, mark, fill and look at a sequence, in a browser of this machine.

The page itself only shows and asks. Whatever reads a visitor's files runs in a process of its own (`children`), most of
it as the command line that the page shows (`asked`), so that it can be stopped, its memory goes back, and a file that
ends a decoder does not end the page. Each visitor has a temporary folder (`visitors`); nothing is written elsewhere.
"""
