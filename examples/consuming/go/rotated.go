// Package rotated opens connections of pgx with a rotated secret.
package rotated

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool reads user and password from the secret for each new connection. The other settings come from connString.
func Pool(ctx context.Context, client *secretsmanager.Client, secretID, connString string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(connString)
	if err != nil {
		return nil, err
	}
	config.BeforeConnect = func(ctx context.Context, connection *pgx.ConnConfig) error {
		answer, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &secretID})
		if err != nil {
			return err
		}
		var login struct{ Username, Password string }
		if err := json.Unmarshal([]byte(*answer.SecretString), &login); err != nil {
			return err
		}
		connection.User, connection.Password = login.Username, login.Password
		return nil
	}
	return pgxpool.NewWithConfig(ctx, config)
}
