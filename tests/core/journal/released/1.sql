PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA user_version = 1;
CREATE TABLE attachment (
        task INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
        role TEXT NOT NULL,
        position INTEGER NOT NULL,
        name TEXT NOT NULL,
        media_type TEXT NOT NULL,
        digest TEXT NOT NULL,
        size INTEGER NOT NULL,
        PRIMARY KEY (task, role, position)
    ) WITHOUT ROWID;
CREATE TABLE draft (
        task INTEGER PRIMARY KEY REFERENCES task ON DELETE CASCADE,
        content TEXT NOT NULL
    );
CREATE TABLE event (
        number INTEGER PRIMARY KEY,
        task INTEGER NOT NULL REFERENCES task ON DELETE CASCADE,
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        by TEXT NOT NULL
    );
CREATE TABLE fact (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE task (
        number INTEGER PRIMARY KEY,
        task_id TEXT NOT NULL UNIQUE,
        status TEXT NOT NULL,
        ended_at TEXT,
        position INTEGER, -- in the order in which tasks ended, whatever the clock said
        bytes INTEGER, -- what it takes on the disk once it has ended, about
        agent TEXT NOT NULL,
        project TEXT NOT NULL,
        branch TEXT NOT NULL,
        session TEXT NOT NULL,
        pid INTEGER,
        created_at TEXT NOT NULL,
        key TEXT,
        kind TEXT NOT NULL,
        multiple INTEGER NOT NULL,
        allow_text INTEGER NOT NULL,
        timeout INTEGER NOT NULL,
        explicit_timeout INTEGER NOT NULL,
        on_timeout TEXT NOT NULL,
        remaining REAL,
        marked_at REAL NOT NULL,
        is_running INTEGER NOT NULL,
        is_held INTEGER NOT NULL,
        answered_by TEXT,
        title TEXT NOT NULL,
        placeholder TEXT NOT NULL,
        options TEXT NOT NULL,
        prompt TEXT NOT NULL,
        answer TEXT
    );
CREATE VIRTUAL TABLE words USING fts5 (
        question, answer, source, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
    );
CREATE INDEX attachment_digest ON attachment (digest, size);
CREATE INDEX event_task ON event (task);
CREATE INDEX task_ended ON task (position, bytes) WHERE position IS NOT NULL;
CREATE INDEX task_key ON task (key) WHERE key IS NOT NULL;
CREATE INDEX task_open ON task (number) WHERE ended_at IS NULL;
CREATE INDEX task_when ON task (ended_at, position) WHERE ended_at IS NOT NULL;
INSERT INTO attachment (task, role, position, name, media_type, digest, size) VALUES (1, 'answer', 0, 'plan.txt', 'text/plain', '25a8d45469d1048cbe3a77607bf15ac12b02c4575823590df089ad8e7dcdd36d', 6);
INSERT INTO attachment (task, role, position, name, media_type, digest, size) VALUES (1, 'question', 0, 'plan.txt', 'text/plain', '25a8d45469d1048cbe3a77607bf15ac12b02c4575823590df089ad8e7dcdd36d', 6);
INSERT INTO attachment (task, role, position, name, media_type, digest, size) VALUES (5, 'draft', 0, 'plan.txt', 'text/plain', '25a8d45469d1048cbe3a77607bf15ac12b02c4575823590df089ad8e7dcdd36d', 6);
INSERT INTO attachment (task, role, position, name, media_type, digest, size) VALUES (5, 'question', 0, 'plan.txt', 'text/plain', '25a8d45469d1048cbe3a77607bf15ac12b02c4575823590df089ad8e7dcdd36d', 6);
INSERT INTO draft (task, content) VALUES (5, '{"options":["Yes"],"text":"because\nof","fields":{"x":"y"}}');
INSERT INTO event (number, task, at, kind, by) VALUES (1, 1, '2026-11-24T09:30:00.000Z', 'asked', 'Codex · shop · main');
INSERT INTO event (number, task, at, kind, by) VALUES (2, 2, '2026-11-24T09:30:00.000Z', 'asked', '');
INSERT INTO event (number, task, at, kind, by) VALUES (3, 3, '2026-11-24T09:30:00.000Z', 'asked', '');
INSERT INTO event (number, task, at, kind, by) VALUES (4, 4, '2026-11-24T09:36:00.000Z', 'asked', '');
INSERT INTO event (number, task, at, kind, by) VALUES (5, 5, '2026-11-24T09:37:00.000Z', 'asked', 'Codex · shop · main');
INSERT INTO event (number, task, at, kind, by) VALUES (6, 6, '2026-11-24T09:38:00.000Z', 'asked', '');
INSERT INTO event (number, task, at, kind, by) VALUES (7, 1, '2026-11-24T09:30:00.000Z', 'completed', 'person');
INSERT INTO event (number, task, at, kind, by) VALUES (8, 2, '2026-11-24T09:34:00.000Z', 'completed', 'timeout');
INSERT INTO event (number, task, at, kind, by) VALUES (9, 3, '2026-11-24T09:35:00.000Z', 'cancelled', '');
INSERT INTO fact (name, value) VALUES ('active', 'open00active');
INSERT INTO fact (name, value) VALUES ('alive_at', 1010.0);
INSERT INTO fact (name, value) VALUES ('paused', 1);
INSERT INTO fact (name, value) VALUES ('running', 0);
INSERT INTO fact (name, value) VALUES ('seen', '2026-11-24T09:40:00.000Z');
INSERT INTO task (number, task_id, status, ended_at, position, bytes, agent, project, branch, session, pid, created_at, key, kind, multiple, allow_text, timeout, explicit_timeout, on_timeout, remaining, marked_at, is_running, is_held, answered_by, title, placeholder, options, prompt, answer) VALUES (1, 'ended0person', 'completed', '2026-11-24T09:30:00.000Z', 1, 1543, 'Codex', 'shop', 'main', 's1', 42, '2026-11-24T09:30:00.000Z', 'deploy-1', 'permission', 1, 1, 120, 1, 'expire', 90.5, 1000.0, 1, 0, 'person', 'Release', 'Why?', '[{"value":"y","label":"Yes","description":"Takes a minute","recommended":true},{"value":"No","label":"No","description":"","recommended":false}]', 'Deploy **now**?

```sh
make deploy
```', '{"options":["y"],"text":"go; 要迁移数据库 ''now''","fields":{"n":[1,null]},"at":"2026-11-24T09:30:00.000Z"}');
INSERT INTO task (number, task_id, status, ended_at, position, bytes, agent, project, branch, session, pid, created_at, key, kind, multiple, allow_text, timeout, explicit_timeout, on_timeout, remaining, marked_at, is_running, is_held, answered_by, title, placeholder, options, prompt, answer) VALUES (2, 'ended00timer', 'completed', '2026-11-24T09:34:00.000Z', 2, 900, '', '', '', '', NULL, '2026-11-24T09:30:00.000Z', NULL, 'question', 0, 1, 240, 0, 'submit', 90.5, 1000.0, 1, 0, 'timeout', '', '', '[]', 'Naïve?', '{"options":[],"text":"Ask again","fields":{},"at":"2026-11-24T09:34:00.000Z"}');
INSERT INTO task (number, task_id, status, ended_at, position, bytes, agent, project, branch, session, pid, created_at, key, kind, multiple, allow_text, timeout, explicit_timeout, on_timeout, remaining, marked_at, is_running, is_held, answered_by, title, placeholder, options, prompt, answer) VALUES (3, 'ended0cancel', 'cancelled', '2026-11-24T09:35:00.000Z', 3, 676, '', '', '', '', NULL, '2026-11-24T09:30:00.000Z', NULL, 'question', 0, 1, 240, 0, 'submit', 90.5, 1000.0, 1, 0, NULL, '', '', '[]', 'Withdrawn?', NULL);
INSERT INTO task (number, task_id, status, ended_at, position, bytes, agent, project, branch, session, pid, created_at, key, kind, multiple, allow_text, timeout, explicit_timeout, on_timeout, remaining, marked_at, is_running, is_held, answered_by, title, placeholder, options, prompt, answer) VALUES (4, 'open00active', 'open', NULL, NULL, NULL, '', '', '', '', NULL, '2026-11-24T09:36:00.000Z', NULL, 'question', 0, 1, 240, 0, 'submit', 90.5, 1000.0, 1, 0, NULL, '', '', '[]', 'First?', NULL);
INSERT INTO task (number, task_id, status, ended_at, position, bytes, agent, project, branch, session, pid, created_at, key, kind, multiple, allow_text, timeout, explicit_timeout, on_timeout, remaining, marked_at, is_running, is_held, answered_by, title, placeholder, options, prompt, answer) VALUES (5, 'open000draft', 'open', NULL, NULL, NULL, 'Codex', 'shop', 'main', 's1', 42, '2026-11-24T09:37:00.000Z', 'second', 'permission', 1, 1, 120, 0, 'submit', 90.5, 1000.0, 1, 0, NULL, 'Release', 'Why?', '[{"value":"Yes","label":"Yes","description":"","recommended":false},{"value":"No","label":"No","description":"","recommended":false}]', 'Second?', NULL);
INSERT INTO task (number, task_id, status, ended_at, position, bytes, agent, project, branch, session, pid, created_at, key, kind, multiple, allow_text, timeout, explicit_timeout, on_timeout, remaining, marked_at, is_running, is_held, answered_by, title, placeholder, options, prompt, answer) VALUES (6, 'open0forever', 'open', NULL, NULL, NULL, '', '', '', '', NULL, '2026-11-24T09:38:00.000Z', NULL, 'question', 0, 1, 0, 0, 'submit', 90.5, 1000.0, 1, 0, NULL, '', '', '[]', 'Third?', NULL);
INSERT INTO words (rowid, question, answer, source) VALUES (1, 'Release Yes No Deploy **now**?

```sh
make deploy
```', 'y Yes go;  要  迁  移  数  据  库  ''now''', 'x12f913e1113d6180d7f7 xf713a3f6cea4b64e6aed x598232c2a0eb6b2c0103 x5e364210070dad22aee0');
INSERT INTO words (rowid, question, answer, source) VALUES (2, '  Naïve?', 'Ask again', '');
INSERT INTO words (rowid, question, answer, source) VALUES (3, '  Withdrawn?', '', '');
