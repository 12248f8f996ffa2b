"""HTTP/1.1 framing without any feature: what a message is, where it ends, and what is refused (RFC 9112).

Everything here is pure: bytes in, values or :class:`Refusal` / :class:`UpstreamFault` out.
"""
