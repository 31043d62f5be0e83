"""Tokens as the auth service gives them, and as forgers do."""

import base64
import json
import time
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET: Final = "the secret that both of them know, 2026"
ISSUER: Final = "https://auth.example.com"
AUDIENCE: Final = "hair-tryon"
ADMIN: Final = "hair-tryon:admin"


def claims(user_id: str = "ann", **others: Any) -> dict[str, Any]:
    """What a good token says; what is None in ``others`` is left out."""
    said = {"sub": user_id, "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 600}
    return {name: value for name, value in (said | others).items() if value is not None}


def token(user_id: str = "ann", key: Any = SECRET, algorithm: str = "HS256", **others: Any) -> str:
    """A token, signed; ``kid`` goes into its header."""
    headers = {"kid": others.pop("kid")} if "kid" in others else None
    return jwt.encode(claims(user_id, **others), key, algorithm, headers=headers)


def unsigned(said: dict[str, Any], header: dict[str, Any], signature: bytes = b"") -> str:
    """A token with any header and any signature."""
    parts = (json.dumps(header).encode(), json.dumps(said).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


class KeyPairs:
    """Private keys of the three kinds, by their ids, and the set of the public ones."""

    def __init__(self) -> None:
        rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.private: dict[str, tuple[Any, str]] = {
            "rsa": (rsa_key, "RS256"),
            "ec": (ec.generate_private_key(ec.SECP256R1()), "ES256"),
            "ed": (ed25519.Ed25519PrivateKey.generate(), "EdDSA"),
        }

    def token(self, kid: str, user_id: str = "ann", **others: Any) -> str:
        """A token signed with that key."""
        key, algorithm = self.private[kid]
        return token(user_id, key, algorithm, kid=kid, **others)

    def jwks(self, *kids: str) -> dict[str, Any]:
        """The set of these keys, or of all."""
        return {"keys": [self._public(kid) for kid in kids or self.private]}

    def pem(self, kid: str) -> bytes:
        """A public key as text, which a forger takes for a secret."""
        public = self.private[kid][0].public_key()
        return bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def _public(self, kid: str) -> dict[str, Any]:
        key, algorithm = self.private[kid]
        made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        return {**made, "kid": kid, "alg": algorithm, "use": "sig"}
