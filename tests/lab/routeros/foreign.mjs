// usage: node foreign.mjs CLIENT PORT USER PASSWORD; writes and reads queues, prints JSON.
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const [client, port, user, password] = process.argv.slice(2);
const queue = { name: "ann", target: "10.0.0.1", "max-limit": "7M/2M" };
const words = (values) => Object.entries(values).map(([name, value]) => `=${name}=${value}`);
const text = (error) => error.message ?? JSON.stringify(error);

const stories = {
  async "node-routeros"() {
    const { RouterOSAPI } = require("node-routeros");
    const api = new RouterOSAPI({ host: "127.0.0.1", port: +port, user, password, timeout: 5 });
    await api.connect();
    const added = await api.write("/queue/simple/add", words(queue));
    const both = await Promise.all([
      api.write("/queue/simple/print", ["?name=ann", "=.proplist=name,max-limit,target"]),
      api.write("/system/identity/print"),
    ]);
    const refused = await api.write("/queue/simple/add", words(queue)).catch((e) => e.message);
    await api.write("/queue/simple/remove", [`=.id=${added[0].ret}`]);
    const left = await api.write("/queue/simple/print", ["=count-only="]);
    await api.close();
    return { row: both[0][0], identity: both[1][0].name, refused, left: left[0].ret };
  },
  async "routeros-client"() {
    const { RouterOSClient } = require("routeros-client");
    const api = new RouterOSClient({ host: "127.0.0.1", port: +port, user, password, timeout: 5 });
    const connected = await api.connect();
    const menu = connected.menu("/queue simple");
    const added = await menu.add(queue);
    const row = await menu.where("name", "ann").getOnly();
    await connected.menu("/queue simple").where("name", "ann").update({ maxLimit: "8M/2M" });
    const changed = await connected.menu("/queue simple").getOnly();
    const refused = await menu.add(queue).catch((e) => e.message);
    await connected.menu("/queue simple").remove(added.id);
    const identity = await connected.menu("/system identity").getOnly();
    await api.close();
    return { row, changed: changed.maxLimit, refused, identity: identity.name };
  },
  async mikronode() {
    const MikroNode = require("mikronode").default ?? require("mikronode");
    const device = new MikroNode("127.0.0.1", +port);
    const [login] = await device.connect();
    const connection = await login(user, password);
    // It closes a channel some time after the last answer: each command has its own.
    const write = (channel, ...command) => connection.openChannel(channel).write(...command);
    await write("one", "/queue/simple/add", queue);
    const printed = await write("two", "/queue/simple/print");
    const identity = await write("three", "/system/identity/print");
    const refused = await write("four", "/queue/simple/add", queue).catch((e) => text(e));
    connection.close();
    const [row, name] = [printed, identity].map((each) => MikroNode.resultsToObj(each.data)[0]);
    return { row, identity: name.name, refused };
  },
};

const timer = setTimeout(() => { console.error("too slow"); process.exit(2); }, 20000);
console.log(JSON.stringify(await stories[client]()));
clearTimeout(timer);
process.exit(0);
