package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	"github.com/hashicorp/vault/audit"
	auditFile "github.com/hashicorp/vault/builtin/audit/file"
	"github.com/hashicorp/vault/builtin/credential/approle"
	"github.com/hashicorp/vault/builtin/credential/cert"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	"github.com/hashicorp/vault/builtin/logical/transit"
	"github.com/hashicorp/vault/command/server"
	"github.com/hashicorp/vault/helper/namespace"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/helper/consts"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

// leaseTTL is Vault's own default, 768 hours: longer than a timer of Node.js can wait.
const leaseTTL = 32 * 24 * time.Hour

// newUnsealedCore makes a Vault that is initialised and unsealed, with a root token of a known id, and gives its one unseal key.
func newUnsealedCore(rootToken, logLevel string) (*vault.Core, string, error) {
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.LevelFromString(logLevel), Output: os.Stderr})
	storage, err := inmem.NewInmem(nil, log)
	if err != nil {
		return nil, "", err
	}
	secrets := map[string]logical.Factory{"transit": transit.Factory}
	credentials := map[string]logical.Factory{
		"approle": approle.Factory, "cert": cert.Factory, "jwt": jwt.Factory, "kubernetes": kubernetes.Factory, "userpass": userpass.Factory,
	}
	core, err := vault.NewCore(&vault.CoreConfig{
		Physical:           storage,
		DisableMlock:       true,
		Logger:             log,
		DefaultLeaseTTL:    leaseTTL,
		MaxLeaseTTL:        leaseTTL,
		RawConfig:          &server.Config{SharedConfig: &configutil.SharedConfig{}},
		BuiltinRegistry:    registry{consts.PluginTypeSecrets: secrets, consts.PluginTypeCredential: credentials},
		LogicalBackends:    secrets,
		CredentialBackends: credentials,
		AuditBackends:      map[string]audit.Factory{"file": auditFile.Factory},
	})
	if err != nil {
		return nil, "", err
	}
	ctx := namespace.RootContext(context.Background())
	initialised, err := core.Initialize(ctx, &vault.InitParams{BarrierConfig: &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}})
	if err != nil {
		return nil, "", err
	}
	unsealKey := initialised.SecretShares[0]
	if _, err := core.Unseal(unsealKey); err != nil {
		return nil, "", err
	}
	if err := createRootToken(ctx, core, initialised.RootToken, rootToken); err != nil {
		return nil, "", err
	}
	return core, fmt.Sprintf("%x", unsealKey), nil
}

func createRootToken(ctx context.Context, core *vault.Core, by, id string) error {
	response, err := core.HandleRequest(ctx, &logical.Request{
		ID: "root", Operation: logical.UpdateOperation, ClientToken: by, Path: "auth/token/create",
		Data: map[string]interface{}{"id": id, "policies": []string{"root"}, "no_parent": true, "no_default_policy": true},
	})
	if err != nil {
		return err
	}
	if response.IsError() {
		return response.Error()
	}
	return nil
}
