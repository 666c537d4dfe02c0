BEGIN TRANSACTION;
CREATE TABLE eventschema_changes (
	name TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	base_version INTEGER, 
	event_id TEXT, 
	who TEXT, 
	at TEXT NOT NULL, 
	long_name TEXT, 
	retyped TEXT, 
	frozen INTEGER, 
	PRIMARY KEY (name, version), 
	FOREIGN KEY(name, base_version) REFERENCES eventschema_changes (name, version), 
	CHECK (base_version = version - 1 OR (version = 0 AND base_version IS NULL))
);
INSERT INTO "eventschema_changes" VALUES('declared',0,NULL,NULL,'a person','2026-11-25T12:00:00+00:00',NULL,NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('order',0,NULL,'00000000-0000-4000-8000-00000000000a','ann''s key','2026-11-25T12:00:01+00:00',NULL,NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('order',1,0,'00000000-0000-4000-8000-00000000000a','ann''s key','2026-11-25T12:00:02+00:00',NULL,NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('order',2,1,'00000000-0000-0000-0000-000000000002',NULL,'2026-11-25T12:00:04+00:00',NULL,NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('visit',0,NULL,'00000000-0000-0000-0000-000000000003',NULL,'2026-11-25T12:00:06+00:00',NULL,NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('sha256:7250b66610f8b7dbd6f5e5426d2143bcba6d826cedb4bea8a358695da78db023',0,NULL,'00000000-0000-0000-0000-000000000007','long','2026-11-25T12:00:09+00:00','éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé',NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('sha256:7250b66610f8b7dbd6f5e5426d2143bcba6d826cedb4bea8a358695da78db023',1,0,'00000000-0000-0000-0000-000000000007','long','2026-11-25T12:00:10+00:00','éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé',NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('sha256:7250b66610f8b7dbd6f5e5426d2143bcba6d826cedb4bea8a358695da78db023',2,1,'00000000-0000-0000-0000-000000000008',NULL,'2026-11-25T12:00:12+00:00','éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé',NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('sha256:ddadc6908c781f027b323fc063b40d6aee12e6512460962df43f57671df561cc',0,NULL,'00000000-0000-0000-0000-000000000009',NULL,'2026-11-25T12:00:14+00:00','sha256:0',NULL,NULL);
INSERT INTO "eventschema_changes" VALUES('sha256:ddadc6908c781f027b323fc063b40d6aee12e6512460962df43f57671df561cc',1,0,'00000000-0000-0000-0000-000000000009',NULL,'2026-11-25T12:00:15+00:00','sha256:0',NULL,NULL);
CREATE TABLE eventschema_checkpoints (
	name TEXT NOT NULL, 
	lines BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	digest TEXT NOT NULL, 
	at TEXT NOT NULL, 
	long_name TEXT, 
	PRIMARY KEY (name)
);
CREATE TABLE eventschema_contacts (
	id TEXT NOT NULL, 
	email TEXT, 
	phone_number TEXT, 
	properties TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (email), 
	UNIQUE (phone_number)
);
INSERT INTO "eventschema_contacts" VALUES('00000000000000000000000000000001','ann@example.com','+12025550100','{"tags":["a","b\u0000"],"vip":true,"score":1.0}');
INSERT INTO "eventschema_contacts" VALUES('00000000000000000000000000000004','bo@example.com',NULL,'{}');
CREATE TABLE eventschema_events (
	id TEXT NOT NULL, 
	name TEXT NOT NULL, 
	contact_id TEXT, 
	identifiers TEXT NOT NULL, 
	properties TEXT NOT NULL, 
	adjustments TEXT NOT NULL, 
	time TEXT, 
	received_at TEXT NOT NULL, 
	origin TEXT, 
	event_version TEXT, 
	schema_version INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(contact_id) REFERENCES eventschema_contacts (id)
);
INSERT INTO "eventschema_events" VALUES('00000000-0000-4000-8000-00000000000a','order','00000000000000000000000000000001','{"id":"00000000000000000000000000000001","email":"ann@example.com","phoneNumber":"+12025550100"}','{"total":12.345679,"count":3,"note":"it''s \u0000 é 😀; --","day":"2026-11-25"}','[{"name":"total","kind":"rounded","before":12.3456789,"after":12.345679},{"name":"none","kind":"null_ignored","before":null,"after":null}]','2026-11-25T11:00+01:00','2026-11-25T12:00:03+00:00',NULL,NULL,1);
INSERT INTO "eventschema_events" VALUES('00000000-0000-0000-0000-000000000002','order','00000000000000000000000000000001','{"id":"00000000000000000000000000000001","email":"ann@example.com","phoneNumber":"+12025550100"}','{"total":2.0,"paid":true,"big":9223372036854775807}','[]',NULL,'2026-11-25T12:00:05+00:00',NULL,NULL,2);
INSERT INTO "eventschema_events" VALUES('00000000-0000-0000-0000-000000000003','visit','00000000000000000000000000000004','{"id":"00000000000000000000000000000004","email":"bo@example.com"}','{}','[]',NULL,'2026-11-25T12:00:07+00:00',NULL,NULL,0);
INSERT INTO "eventschema_events" VALUES('00000000-0000-0000-0000-000000000005','order',NULL,'{}','{}','[]',NULL,'2026-11-25T12:00:08+00:00',NULL,NULL,2);
INSERT INTO "eventschema_events" VALUES('00000000-0000-0000-0000-000000000007','éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé','00000000000000000000000000000001','{"id":"00000000000000000000000000000001","email":"ann@example.com","phoneNumber":"+12025550100"}','{"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp":1,"short":"x"}','[]',NULL,'2026-11-25T12:00:11+00:00',NULL,NULL,1);
INSERT INTO "eventschema_events" VALUES('00000000-0000-0000-0000-000000000008','éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé','00000000000000000000000000000001','{"id":"00000000000000000000000000000001","email":"ann@example.com","phoneNumber":"+12025550100"}','{"qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq":2.5}','[]',NULL,'2026-11-25T12:00:13+00:00',NULL,NULL,2);
INSERT INTO "eventschema_events" VALUES('00000000-0000-0000-0000-000000000009','sha256:0','00000000000000000000000000000001','{"id":"00000000000000000000000000000001","email":"ann@example.com","phoneNumber":"+12025550100"}','{"x":1}','[]',NULL,'2026-11-25T12:00:16+00:00',NULL,NULL,1);
CREATE TABLE eventschema_properties (
	name TEXT NOT NULL, 
	property TEXT NOT NULL, 
	type TEXT NOT NULL, 
	version INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	long_property TEXT, 
	PRIMARY KEY (name, property), 
	UNIQUE (name, version, position), 
	FOREIGN KEY(name, version) REFERENCES eventschema_changes (name, version)
);
INSERT INTO "eventschema_properties" VALUES('declared','total','float',0,0,NULL);
INSERT INTO "eventschema_properties" VALUES('declared','note','string',0,1,NULL);
INSERT INTO "eventschema_properties" VALUES('order','total','float',1,0,NULL);
INSERT INTO "eventschema_properties" VALUES('order','count','int',1,1,NULL);
INSERT INTO "eventschema_properties" VALUES('order','note','string',1,2,NULL);
INSERT INTO "eventschema_properties" VALUES('order','day','date',1,3,NULL);
INSERT INTO "eventschema_properties" VALUES('order','paid','bool',2,0,NULL);
INSERT INTO "eventschema_properties" VALUES('order','big','int',2,1,NULL);
INSERT INTO "eventschema_properties" VALUES('sha256:7250b66610f8b7dbd6f5e5426d2143bcba6d826cedb4bea8a358695da78db023','sha256:67f102b906240ff517423373b60581ff8cba5c5a9fa817885faad1e46f5e2833','int',1,0,'pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp');
INSERT INTO "eventschema_properties" VALUES('sha256:7250b66610f8b7dbd6f5e5426d2143bcba6d826cedb4bea8a358695da78db023','short','string',1,1,NULL);
INSERT INTO "eventschema_properties" VALUES('sha256:7250b66610f8b7dbd6f5e5426d2143bcba6d826cedb4bea8a358695da78db023','sha256:5f2945a942eb094b5e7709180bd75ae078e13d5b4f4a93b7e6c5a4d40ce24479','float',2,0,'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq');
INSERT INTO "eventschema_properties" VALUES('sha256:ddadc6908c781f027b323fc063b40d6aee12e6512460962df43f57671df561cc','x','int',1,0,NULL);
CREATE TABLE eventschema_version (
	version INTEGER NOT NULL, 
	store_id TEXT, 
	PRIMARY KEY (version)
);
INSERT INTO "eventschema_version" VALUES(7,'038e0d3f627240e199ee4266384e823b');
CREATE INDEX eventschema_schemas ON eventschema_changes (name, version) WHERE version = 0;
CREATE INDEX eventschema_retypes ON eventschema_changes (name, version) WHERE retyped IS NOT NULL;
CREATE INDEX eventschema_events_received ON eventschema_events (received_at, id);
CREATE INDEX ix_eventschema_events_contact_id ON eventschema_events (contact_id);
COMMIT;
