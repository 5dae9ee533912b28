// Runs the official client, the package $ARTIFACT_CLIENT, in the environment of a workflow run. Prints the result as JSON.
//   node client.mjs upload NAME FILE…       overwrite NAME FILE…     upload-raw FILE
//   node client.mjs list                    delete NAME
//   node client.mjs download NAME DIRECTORY                          of this run, by the runtime token
//   node client.mjs download-by-id ID DIRECTORY                      of any run, by REST and $GITHUB_TOKEN

import { dirname } from "node:path";

const print = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr); // the client logs to stdout

const { DefaultArtifactClient } = await import(process.env.ARTIFACT_CLIENT);
const client = new DefaultArtifactClient();

const upload = (name, files, options) => client.uploadArtifact(name, files, dirname(files[0]), options);

function findBy() {
  const [repositoryOwner, repositoryName] = process.env.GITHUB_REPOSITORY.split("/");
  return { token: process.env.GITHUB_TOKEN, repositoryOwner, repositoryName, workflowRunId: Number(process.env.GITHUB_RUN_ID) };
}

const commands = {
  upload: (name, ...files) => upload(name, files),
  "upload-raw": (file) => upload("the file's name is taken", [file], { skipArchive: true }),
  list: () => client.listArtifacts(),
  delete: (name) => client.deleteArtifact(name),
  async overwrite(name, ...files) {
    await client.deleteArtifact(name); // as actions/upload-artifact does for `overwrite: true`
    return await upload(name, files);
  },
  async download(name, path) {
    const { artifact } = await client.getArtifact(name);
    const got = await client.downloadArtifact(artifact.id, { path, expectedHash: artifact.digest });
    return { ...got, expectedHash: artifact.digest };
  },
  "download-by-id": (id, path) => client.downloadArtifact(Number(id), { path, findBy: findBy() }),
};

const [command, ...given] = process.argv.slice(2);
try {
  print(`${JSON.stringify(await commands[command](...given))}\n`);
} catch (error) {
  print(`${JSON.stringify({ error: error.message })}\n`);
  process.exitCode = 1;
}
