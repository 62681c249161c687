-- The database of version 1, as its programs made it: kept, never changed. Later
-- versions bring it up to date (plugins/store/sqlite/schema.c).
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1213812819;
PRAGMA user_version = 1;
CREATE TABLE jobs( id TEXT PRIMARY KEY, name TEXT NOT NULL, vm_path TEXT NOT NULL, output_path TEXT
  NOT NULL, status TEXT NOT NULL, created_at TIMESTAMP NOT NULL, started_at TIMESTAMP, completed_at
  TIMESTAMP, progress_json TEXT, result_json TEXT, error TEXT, definition_json TEXT NOT NULL, phase
  TEXT NOT NULL, state INTEGER NOT NULL, attempt INTEGER NOT NULL, failures INTEGER NOT NULL,
  interruptions INTEGER NOT NULL, moved INTEGER NOT NULL, updated_at TIMESTAMP NOT NULL, due_at
  TIMESTAMP, endpoint TEXT NOT NULL, user TEXT NOT NULL, host TEXT NOT NULL, group_id TEXT NOT NULL,
  retry_of TEXT NOT NULL, schedule_id TEXT NOT NULL, error_kind TEXT NOT NULL);
CREATE INDEX idx_status ON jobs(status);
CREATE INDEX idx_created_at ON jobs(created_at DESC);
CREATE INDEX idx_vm_path ON jobs(vm_path);
CREATE INDEX idx_jobs_state ON jobs(state, created_at DESC, id DESC);
CREATE UNIQUE INDEX idx_jobs_active ON jobs(endpoint, vm_path, output_path) WHERE state <= 8;
CREATE INDEX idx_jobs_queue ON jobs(created_at, id, state, due_at, endpoint, user, host, vm_path)
  WHERE state IN (2, 3);
CREATE INDEX idx_jobs_running ON jobs(endpoint, host, vm_path) WHERE state BETWEEN 4 AND 8;
CREATE INDEX idx_jobs_ended ON jobs(state, completed_at) WHERE state >= 9;
CREATE INDEX idx_jobs_group ON jobs(group_id) WHERE group_id <> '';
CREATE INDEX idx_jobs_schedule ON jobs(schedule_id, created_at DESC) WHERE schedule_id <> '';
CREATE TABLE job_counts(state INTEGER PRIMARY KEY, n INTEGER NOT NULL);
INSERT INTO job_counts
  VALUES(0,0),(1,0),(2,0),(3,0),(4,0),(5,0),(6,0),(7,0),(8,0),(9,0),(10,0),(11,0);
CREATE TRIGGER job_counts_insert AFTER INSERT ON jobs BEGIN UPDATE job_counts SET n = n + 1 WHERE
  state = new.state; END;
CREATE TRIGGER job_counts_delete AFTER DELETE ON jobs BEGIN UPDATE job_counts SET n = n - 1 WHERE
  state = old.state; END;
CREATE TRIGGER job_counts_update AFTER UPDATE OF state ON jobs WHEN old.state <> new.state BEGIN
  UPDATE job_counts SET n = n - 1 WHERE state = old.state; UPDATE job_counts SET n = n + 1 WHERE
  state = new.state; END;
CREATE TABLE job_history( id INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL, status TEXT
  NOT NULL, timestamp TIMESTAMP NOT NULL, details TEXT, phase TEXT NOT NULL, attempt INTEGER NOT
  NULL, FOREIGN KEY(job_id) REFERENCES jobs(id) ON DELETE CASCADE);
CREATE INDEX idx_history_job ON job_history(job_id);
CREATE TABLE job_logs( id INTEGER PRIMARY KEY AUTOINCREMENT, job_id TEXT NOT NULL, timestamp
  TIMESTAMP NOT NULL, level INTEGER NOT NULL, origin TEXT NOT NULL, text TEXT NOT NULL, FOREIGN
  KEY(job_id) REFERENCES jobs(id) ON DELETE CASCADE);
CREATE INDEX idx_logs_job ON job_logs(job_id);
CREATE TABLE undo_records( job_id TEXT NOT NULL, name TEXT NOT NULL, attempt INTEGER NOT NULL, bytes
  BLOB NOT NULL, PRIMARY KEY(job_id, name));
CREATE TABLE secrets(owner TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE tokens( id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, sha256 TEXT NOT
  NULL UNIQUE, revoked INTEGER NOT NULL, created_at TIMESTAMP NOT NULL, expires_at TIMESTAMP,
  used_at TIMESTAMP);
CREATE TABLE idempotency( key TEXT PRIMARY KEY, created_at TIMESTAMP NOT NULL, status INTEGER NOT
  NULL, body_hash TEXT NOT NULL, answer TEXT NOT NULL);
CREATE INDEX idx_idempotency_created ON idempotency(created_at);
CREATE TABLE audit( id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TIMESTAMP NOT NULL, actor TEXT
  NOT NULL, role TEXT NOT NULL, remote TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL,
  outcome TEXT NOT NULL, request_id TEXT NOT NULL, count INTEGER NOT NULL);
CREATE INDEX idx_audit_timestamp ON audit(timestamp);
CREATE TABLE scheduled_jobs( id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT, schedule
  TEXT NOT NULL, job_template_json TEXT NOT NULL, enabled BOOLEAN NOT NULL, created_at TIMESTAMP NOT
  NULL, updated_at TIMESTAMP NOT NULL, last_run TIMESTAMP, next_run TIMESTAMP, run_count INTEGER NOT
  NULL, tags_json TEXT, zone TEXT NOT NULL, owner TEXT NOT NULL, policy_json TEXT);
CREATE TABLE schedule_executions( id INTEGER PRIMARY KEY AUTOINCREMENT, schedule_id TEXT NOT NULL,
  job_id TEXT NOT NULL, executed_at TIMESTAMP, status TEXT NOT NULL, duration_seconds REAL, error
  TEXT, instant TIMESTAMP NOT NULL, UNIQUE(schedule_id, instant), FOREIGN KEY(schedule_id)
  REFERENCES scheduled_jobs(id) ON DELETE CASCADE);
CREATE INDEX idx_executions_instant ON schedule_executions(instant);
CREATE TABLE events( seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, timestamp
  TIMESTAMP NOT NULL, type TEXT NOT NULL, job_id TEXT NOT NULL, data_json TEXT NOT NULL);
CREATE INDEX idx_events_job ON events(job_id) WHERE job_id <> '';
CREATE INDEX idx_events_timestamp ON events(timestamp);
CREATE TABLE webhook_endpoints( id TEXT PRIMARY KEY, url TEXT NOT NULL, owner TEXT NOT NULL, enabled
  INTEGER NOT NULL, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL, settings_json TEXT
  NOT NULL, disabled_why TEXT);
CREATE TABLE webhook_deliveries( event_seq INTEGER NOT NULL, event_id TEXT NOT NULL, endpoint_id
  TEXT NOT NULL, job_id TEXT NOT NULL, state INTEGER NOT NULL, tries INTEGER NOT NULL, http_status
  INTEGER NOT NULL, due_at TIMESTAMP, updated_at TIMESTAMP NOT NULL, error TEXT, PRIMARY
  KEY(event_id, endpoint_id), FOREIGN KEY(event_id) REFERENCES events(id));
CREATE INDEX idx_deliveries_endpoint ON webhook_deliveries(endpoint_id, state, event_seq, due_at);
CREATE INDEX idx_deliveries_due ON webhook_deliveries(state, due_at, event_seq, endpoint_id);
CREATE INDEX idx_deliveries_seq ON webhook_deliveries(event_seq, endpoint_id);
CREATE INDEX idx_deliveries_job ON webhook_deliveries(job_id) WHERE job_id <> '';
CREATE INDEX idx_deliveries_old ON webhook_deliveries(updated_at) WHERE state >= 3;
CREATE TABLE store_meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO store_meta VALUES('open', 0);
