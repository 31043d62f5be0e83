// Makes a replica set of the one node, and the service's user; run each time, it mends what is missing.
const name = "hair_tryon";

try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongodb:27017" }] });
}

// Until it leads, nothing can be written.
for (let tries = 0; !db.hello().isWritablePrimary; tries++) {
  if (tries === 120) throw new Error("the replica set has no primary");
  sleep(500);
}

const service = db.getSiblingDB(name);
const pwd = process.env.MONGODB_PASSWORD;
const roles = ["readWrite", "dbAdmin"];
if (service.getUser("hair-tryon") === null) {
  service.createUser({ user: "hair-tryon", pwd, roles });
} else {
  service.updateUser("hair-tryon", { pwd, roles });
}
