/** The text of a first `epack.yaml`: one filesystem remote, and comments on what else there is. */
export function starterConfig(options: { stream: string; fileRoot: string }): string {
  return `# What this project's packs are called, by default.
stream: ${JSON.stringify(options.stream)}

# Where packs go. Push with: epack push local <pack>
remotes:
  local:
    adapter: filesystem # built in: keeps releases in a folder
    transport:
      file_root: ${JSON.stringify(options.fileRoot)}
    target:
      workspace: default

  # An adapter of your own: an executable that speaks the Remote Adapter Protocol.
  # Pin it before its first use with: epack lock
  # prod:
  #   binary: /opt/epack/epack-remote-example
  #   target: {workspace: acme, environment: prod}
  #   secrets: [EXAMPLE_TOKEN] # environment variables handed on to it
  #   release: {labels: [monthly]}

# What changes with --env staging:
# environments:
#   staging:
#     remotes:
#       prod: {target: {environment: staging}}
`;
}
