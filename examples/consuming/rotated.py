import json
import time

import boto3
import psycopg

# Pauses in seconds before the secret is read again: a single user's new password becomes AWSCURRENT after the change.
REREAD_AFTER = [0, 0.2, 0.5, 1, 2, 4]


class RotatedLogin:
    """Connections for a rotated secret of any strategy."""

    def __init__(self, secret_id, secrets_manager=None, **options):
        """options: options of psycopg.connect, such as sslmode and sslrootcert."""
        self._client = secrets_manager or boto3.client("secretsmanager")
        self._secret_id = secret_id
        self._options = options
        self._login = None

    def connect(self):
        """Opens a connection. If the login is refused, reads the secret again and repeats the login."""
        for pause in [*REREAD_AFTER, None]:
            self._login = self._login or self.read()
            try:
                return psycopg.connect(**self._login)
            except psycopg.OperationalError as error:
                if not _is_refused(error) or pause is None:
                    raise
                time.sleep(pause)
                self._login = None

    def read(self):
        """Reads the secret, and returns the options of psycopg.connect."""
        # Without VersionStage, Secrets Manager returns AWSCURRENT. The user is read too, because users can alternate.
        value = json.loads(self._client.get_secret_value(SecretId=self._secret_id)["SecretString"])
        return {
            "host": value["host"],
            "port": value.get("port", 5432),
            "dbname": value.get("dbname", "postgres"),
            "user": value["username"],
            "password": value["password"],
            **self._options,
        }


def _is_refused(error):
    # For a failed login, libpq provides only the message of the server, without the SQLSTATE.
    return error.sqlstate in ("28P01", "28000") or "password authentication failed" in str(error)
