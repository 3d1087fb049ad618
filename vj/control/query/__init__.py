"""OSCQuery: the parameter table as a tree over HTTP, and changes both ways over a WebSocket, on one TCP port."""
