// Runs setup.js as mongosh would, with a replica set that is only told of. Prints what was done.
// node mongosh.js SETUP MEMBERS...: one run for each number of members.
const fs = require("node:fs");
const vm = require("node:vm");

const [setup, ...runs] = process.argv.slice(2);
const set = { config: null, users: {}, done: [] };
let isReachable = false;

function refused(codeName) {
  return Object.assign(new Error(codeName), { codeName });
}

function state({ host }, number) {
  return { name: host, stateStr: number ? "SECONDARY" : "PRIMARY" };
}

const commands = {
  replSetGetStatus() {
    if (!set.config) throw refused("NotYetInitialized");
    return { ok: 1, members: set.config.members.map(state) };
  },
  replSetInitiate(config) {
    if (set.config) throw refused("AlreadyInitialized");
    set.config = { version: 1, ...config };
    set.done.push(`initiate ${config._id} ${config.members.length}`);
    return { ok: 1 };
  },
  hello: () => ({ primary: set.config?.members[0].host }),
  replSetGetConfig: () => ({ config: structuredClone(set.config) }),
  replSetReconfig(config) {
    const added = config.members.length - set.config.members.length;
    if (config.version !== set.config.version + 1 || added > 1) throw refused("NewConfigError");
    set.config = config;
    set.done.push(`reconfigure ${config.members.length}`);
    return { ok: 1 };
  },
};

const admin = {
  adminCommand(command) {
    const [name, value] = Object.entries(command)[0];
    return commands[name](value);
  },
  getSiblingDB: (database) => ({
    getUser: (name) => set.users[`${database}.${name}`] ?? null,
    createUser: ({ user, ...rest }) => keep("create", database, user, rest),
    updateUser: (user, rest) => keep("update", database, user, rest),
  }),
};

function keep(verb, database, user, { roles }) {
  set.users[`${database}.${user}`] = roles;
  const may = roles.map(({ role, db }) => `${role}@${db}`);
  set.done.push(`${verb} ${database}.${user} ${may}`);
}

function connect(url) {
  if (!isReachable) {
    isReachable = true;
    throw refused("HostUnreachable");
  }
  set.done.push(url);
  return admin;
}

for (const members of runs) {
  const env = { CONTEXT: "cart", SERVICE: "popshop-mongo-cart", MEMBERS: members };
  vm.runInNewContext(fs.readFileSync(setup, "utf8"), {
    process: { env },
    fs: { readFileSync: (file) => `${file.replace("/secret/", "s/")}\n` },
    connect,
    sleep() {},
    print() {},
    encodeURIComponent,
  });
}
console.log(JSON.stringify(set));
