"""The inbox in which every mail of the local shop ends: SMTP in, HTTP and a page out."""
