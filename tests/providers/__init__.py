"""The room of providers: the wire, the errors, the client over real HTTP."""
