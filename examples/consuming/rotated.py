import json
import time

import boto3
import psycopg

# Seconds before the secret is read again: a single user's new password becomes current a moment late.
REREAD_AFTER = [0, 0.2, 0.5, 1, 2, 4]


class RotatedLogin:
    """Connections for a login that is rotated."""

    def __init__(self, secret_id, secrets_manager=None, **options):
        """options: as for psycopg.connect, such as sslmode and sslrootcert."""
        self._client = secrets_manager or boto3.client("secretsmanager")
        self._secret_id = secret_id
        self._options = options
        self._login = None

    def connect(self):
        """A new connection. A log-in that is refused is repeated with what the secret says by then."""
        for pause in [*REREAD_AFTER, None]:
            self._login = self._login or self._read()
            try:
                return psycopg.connect(**self._login, **self._options)
            except psycopg.OperationalError as error:
                if not _is_refused(error) or pause is None:
                    raise
                time.sleep(pause)
                self._login = None

    def _read(self):
        # No VersionStage: that is AWSCURRENT. The user is read, too, because two users may take turns.
        value = json.loads(self._client.get_secret_value(SecretId=self._secret_id)["SecretString"])
        return {
            "host": value["host"],
            "port": value.get("port", 5432),
            "dbname": value.get("dbname", "postgres"),
            "user": value["username"],
            "password": value["password"],
        }


def _is_refused(error):
    # libpq hands over no SQLSTATE for a log-in that fails, only the server's text.
    return error.sqlstate in ("28P01", "28000") or "password authentication failed" in str(error)
