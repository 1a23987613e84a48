-- The store as it was before there were migrations, with a little in every table.

CREATE TABLE meta (
  "key" VARCHAR NOT NULL,
  value JSON NOT NULL,
  PRIMARY KEY ("key")
);

CREATE TABLE items (
  id INTEGER NOT NULL,
  label VARCHAR NOT NULL,
  stage VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  not_before FLOAT NOT NULL,
  forgiven INTEGER NOT NULL,
  lock VARCHAR NOT NULL,
  axioms JSON NOT NULL,
  assumes JSON NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (label, stage)
);

CREATE TABLE jobs (
  id INTEGER NOT NULL,
  kind VARCHAR NOT NULL,
  item INTEGER,
  pull_request INTEGER,
  number INTEGER NOT NULL,
  state VARCHAR NOT NULL,
  ending VARCHAR NOT NULL,
  lease_until FLOAT NOT NULL,
  worker VARCHAR NOT NULL,
  base VARCHAR NOT NULL,
  cap_usd FLOAT NOT NULL,
  cost_usd FLOAT NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  retries INTEGER NOT NULL,
  summary TEXT NOT NULL,
  sent_at FLOAT NOT NULL,
  ended_at FLOAT,
  PRIMARY KEY (id),
  FOREIGN KEY(item) REFERENCES items (id),
  FOREIGN KEY(pull_request) REFERENCES pull_requests (number)
);

CREATE INDEX jobs_by_item ON jobs (item);

CREATE INDEX jobs_by_state ON jobs (state);

CREATE TABLE pull_requests (
  number INTEGER NOT NULL,
  item INTEGER NOT NULL,
  job INTEGER NOT NULL,
  state VARCHAR NOT NULL,
  base VARCHAR NOT NULL,
  head VARCHAR NOT NULL,
  summary TEXT NOT NULL,
  lock VARCHAR NOT NULL,
  axioms JSON NOT NULL,
  assumes JSON NOT NULL,
  modules JSON NOT NULL,
  certified VARCHAR NOT NULL,
  reason TEXT NOT NULL,
  landed_as VARCHAR NOT NULL,
  opened_at FLOAT NOT NULL,
  closed_at FLOAT,
  PRIMARY KEY (number),
  FOREIGN KEY(item) REFERENCES items (id),
  UNIQUE (job)
);

CREATE INDEX pull_requests_by_state ON pull_requests (state);

CREATE TABLE verdicts (
  id INTEGER NOT NULL,
  pull_request INTEGER NOT NULL,
  seat INTEGER NOT NULL,
  reviewer VARCHAR NOT NULL,
  decision VARCHAR NOT NULL,
  reasons TEXT NOT NULL,
  "commit" VARCHAR NOT NULL,
  at FLOAT NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (pull_request, seat, "commit"),
  FOREIGN KEY(pull_request) REFERENCES pull_requests (number)
);

CREATE TABLE feedback (
  id INTEGER NOT NULL,
  item INTEGER NOT NULL,
  source VARCHAR NOT NULL,
  text TEXT NOT NULL,
  at FLOAT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(item) REFERENCES items (id)
);

CREATE TABLE modules (
  name VARCHAR NOT NULL,
  source_digest VARCHAR NOT NULL,
  interface_digest VARCHAR NOT NULL,
  imports JSON NOT NULL,
  PRIMARY KEY (name)
);

CREATE TABLE landings (
  id INTEGER NOT NULL,
  pull_request INTEGER NOT NULL,
  "before" VARCHAR NOT NULL,
  "after" VARCHAR NOT NULL,
  state VARCHAR NOT NULL,
  at FLOAT NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(pull_request) REFERENCES pull_requests (number),
  UNIQUE ("after")
);

CREATE TABLE failures (
  id INTEGER NOT NULL,
  item INTEGER NOT NULL,
  cause VARCHAR NOT NULL,
  reason TEXT NOT NULL,
  at FLOAT NOT NULL,
  final INTEGER NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(item) REFERENCES items (id)
);

CREATE TABLE events (
  id INTEGER NOT NULL,
  at FLOAT NOT NULL,
  kind VARCHAR NOT NULL,
  data JSON NOT NULL,
  PRIMARY KEY (id)
);

INSERT INTO meta VALUES ('schema', '1'), ('key', '"book-1"'), ('state', '"stopped"'), ('main', '"cc"');
INSERT INTO items VALUES
  (1, 'thm:a', 'statement', 'landed', 0.0, 0, 'digest', '["propext"]', '[]', ''),
  (2, 'thm:a', 'proof', 'open', 5.5, 1, '', '[]', '[]', '');
INSERT INTO jobs VALUES
  (1, 'attempt', 1, NULL, 1, 'ended', 'submitted', 9.0, 'w', 'b', 1.0, 0.25, 100, 7, 0, 'Stated it.', 1.0, 2.0),
  (2, 'attempt', 2, NULL, 1, 'ended', 'gave_up', 9.0, 'w', 'b', 1.0, 0.5, 200, 9, 1, 'Too hard.', 3.0, 4.0);
INSERT INTO pull_requests VALUES
  (1, 1, 1, 'landed', 'b', 'h', 'Stated it.', 'digest', '["propext"]', '[]', '{}', 'b', '', 'cc', 2.0, 3.0);
INSERT INTO verdicts VALUES (1, 1, 0, 'r', 'approve', 'Faithful.', 'h', 2.5);
INSERT INTO feedback VALUES (1, 2, 'attempt', 'Too hard.', 4.0);
INSERT INTO modules VALUES ('Book.A', 's', 'i', '{}');
INSERT INTO landings VALUES (1, 1, 'b', 'cc', 'landed', 3.0);
INSERT INTO failures VALUES (1, 2, 'gave_up', 'Too hard.', 4.0, 0);
INSERT INTO events VALUES (1, 3.0, 'landed', '{"pull_request": 1, "item": 1, "commit": "cc"}');
