// Makes a context's replica set and its user, or brings them to what is wanted now:
// `mongosh --nodb setup.js` with CONTEXT, SERVICE and MEMBERS, as often as one likes.
const { CONTEXT, SERVICE, MEMBERS } = process.env;
const PATIENCE_SECONDS = 120;

const secret = (name) => fs.readFileSync(`/secret/${name}`, "utf8").trim();
const hosts = Array.from(
  { length: Number(MEMBERS) },
  (_, number) => `${SERVICE}-${number}.${SERVICE}.popshop.svc.cluster.local:27017`,
);
const login = `root:${encodeURIComponent(secret("root-password"))}`;

function open(seeds, option) {
  return connect(`mongodb://${login}@${seeds}/admin?${option}&serverSelectionTimeoutMS=5000`);
}

function until(what, ask) {
  for (let left = PATIENCE_SECONDS; ; left -= 1) {
    try {
      const answer = ask();
      if (answer) return answer;
    } catch (error) {
      if (left <= 0) throw error;
    }
    if (left <= 0) throw new Error(`${CONTEXT}: waited ${PATIENCE_SECONDS} s for ${what}`);
    sleep(1000);
  }
}

function isInitiated(admin) {
  try {
    return Boolean(admin.adminCommand({ replSetGetStatus: 1 }).ok);
  } catch (error) {
    if (error.codeName === "NotYetInitialized") return false;
    throw error;
  }
}

function addMember(admin, host) {
  const { config } = admin.adminCommand({ replSetGetConfig: 1 });
  if (config.members.some((member) => member.host === host)) return;
  const _id = Math.max(...config.members.map((member) => member._id)) + 1;
  config.members.push({ _id, host });
  config.version += 1;
  admin.adminCommand({ replSetReconfig: config });
  print(`${CONTEXT}: ${host} joins`);
}

function isInSync(admin, host) {
  const { members } = admin.adminCommand({ replSetGetStatus: 1 });
  return members.some(({ name, stateStr }) => name === host && /PRIMARY|SECONDARY/.test(stateStr));
}

function setUser(database) {
  const wanted = { pwd: secret("app-password"), roles: [{ role: "readWrite", db: CONTEXT }] };
  if (database.getUser(CONTEXT)) database.updateUser(CONTEXT, wanted);
  else database.createUser({ user: CONTEXT, ...wanted });
}

const first = until(hosts[0], () => open(hosts[0], "directConnection=true"));
if (!isInitiated(first)) {
  const members = [{ _id: 0, host: hosts[0] }];
  first.adminCommand({ replSetInitiate: { _id: CONTEXT, members } });
  print(`${CONTEXT}: the replica set begins`);
}
until("a primary", () => first.adminCommand({ hello: 1 }).primary);
const admin = open(hosts.join(","), `replicaSet=${CONTEXT}`);
// One after the other: a set takes one new member at a time.
for (const host of hosts) {
  addMember(admin, host);
  until(`${host} to be in sync`, () => isInSync(admin, host));
}
setUser(admin.getSiblingDB(CONTEXT));
print(`${CONTEXT}: ${hosts.length} members, and its user`);
