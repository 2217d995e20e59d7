# Starts LocalStack without a container: on loopback only, and usable on Python 3.11 (release 4.13.1).
import functools, hashlib, sys, uuid
from twisted.internet import endpoints

if sys.version_info < (3, 12):           # LocalStack passes bytes to uuid5(); the standard library takes them only since 3.12
    _uuid5 = uuid.uuid5
    def uuid5(ns, name):
        if isinstance(name, str):
            return _uuid5(ns, name)
        return uuid.UUID(bytes=hashlib.sha1(ns.bytes + bytes(name)).digest()[:16], version=5)
    uuid.uuid5 = uuid5

# The twisted server drops the host of GATEWAY_LISTEN and would listen on every interface.
endpoints.TCP4ServerEndpoint = functools.partial(endpoints.TCP4ServerEndpoint, interface="127.0.0.1")

from localstack.runtime.main import main
main()
