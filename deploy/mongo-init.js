// Run once by the mongo image, on an empty database: the app's own account, which can use its database alone.
const fs = require("fs");

db.getSiblingDB("dasa").createUser({
  user: "dasa",
  pwd: fs.readFileSync("/run/secrets/mongo_password", "utf8").trim(),
  roles: [{ role: "readWrite", db: "dasa" }],
});
