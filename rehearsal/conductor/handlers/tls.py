"""Private keys."""

import base64
import hashlib
from typing import ClassVar

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from rehearsal.conductor.errors import Refused
from rehearsal.conductor.handler import Handler, Made
from rehearsal.conductor.properties import Properties

_CURVES = {"P256": ec.SECP256R1(), "P384": ec.SECP384R1(), "P521": ec.SECP521R1()}

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class PrivateKey(Handler):
    """`tls.PrivateKey`: RSA, ECDSA (not P224: OpenSSH has no form of it) or ED25519. Text ends in a newline, as the provider's does."""

    type: ClassVar = "tls:index/privateKey:PrivateKey"
    accepts: ClassVar = frozenset({"algorithm", "rsaBits", "ecdsaCurve"})
    replaces: ClassVar = accepts
    replaceable: ClassVar = True
    gives: ClassVar = frozenset(
        {"privateKeyOpenssh", "privateKeyPem", "privateKeyPemPkcs8", "publicKeyOpenssh", "publicKeyPem"}
        | {"publicKeyFingerprintSha256", "publicKeyFingerprintMd5"}
    )

    def create(self, inputs: Properties) -> Made:
        key = _generate(inputs)
        public = key.public_key()
        openssh = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        blob = base64.b64decode(openssh.split()[1])
        sha256 = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
        # OpenSSH's old fingerprint, an identifier and no protection.
        md5 = hashlib.md5(blob, usedforsecurity=False).digest()
        traditional = PrivateFormat.PKCS8 if isinstance(key, ed25519.Ed25519PrivateKey) else PrivateFormat.TraditionalOpenSSL
        outputs = {
            "privateKeyOpenssh": _private(key, PrivateFormat.OpenSSH),
            "privateKeyPem": _private(key, traditional),
            "privateKeyPemPkcs8": _private(key, PrivateFormat.PKCS8),
            "publicKeyOpenssh": openssh.decode() + "\n",
            "publicKeyPem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            "publicKeyFingerprintSha256": f"SHA256:{sha256}",
            "publicKeyFingerprintMd5": md5.hex(":"),
        }
        return Made(hashlib.sha256(blob).hexdigest()[:40], outputs)


def _generate(inputs: Properties) -> Key:
    match inputs["algorithm"]:
        case "RSA":
            return rsa.generate_private_key(public_exponent=65537, key_size=inputs.get("rsaBits", 2048))
        case "ECDSA" if inputs.get("ecdsaCurve") in _CURVES:
            return ec.generate_private_key(_CURVES[inputs["ecdsaCurve"]])
        case "ED25519":
            return ed25519.Ed25519PrivateKey.generate()
    raise Refused(f"the algorithm is {inputs['algorithm']}; the conductor knows RSA, ED25519 and ECDSA with ecdsaCurve P256, P384 or P521")


def _private(key: Key, form: serialization.PrivateFormat) -> str:
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


KINDS: tuple[type[Handler], ...] = (PrivateKey,)
