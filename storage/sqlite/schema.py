"""The schema of the SQLite database, and how it came about."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        # Moments are whole milliseconds since 1970: they compare as numbers, cannot be written
        # in two ways, and are as fine as the dates of other databases.
        """
        CREATE TABLE sessions (
            session_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            style_image_data TEXT,
            color_image_data TEXT,
            look TEXT,
            connected_at INTEGER NOT NULL,
            last_activity INTEGER NOT NULL,
            frames_processed INTEGER NOT NULL,
            average_latency_ms REAL NOT NULL,
            dropped_frames INTEGER NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX sessions_by_user ON sessions (user_id)",
        "CREATE INDEX sessions_by_status ON sessions (status, last_activity)",
    ),
    (
        """
        CREATE TABLE uploads (
            upload_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            filename TEXT NOT NULL,
            file_path TEXT NOT NULL,
            file_size INTEGER NOT NULL,
            duration REAL NOT NULL,
            frame_count INTEGER NOT NULL,
            format TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        )
        """,
        "CREATE INDEX uploads_by_user ON uploads (user_id, created_at DESC)",
        "CREATE INDEX uploads_by_status ON uploads (status)",
    ),
    (
        "ALTER TABLE uploads ADD COLUMN width_px INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE uploads ADD COLUMN height_px INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE uploads ADD COLUMN idempotency_key TEXT",
        "ALTER TABLE uploads ADD COLUMN request_digest TEXT",
        """
        CREATE UNIQUE INDEX uploads_by_key ON uploads (user_id, idempotency_key)
        WHERE idempotency_key IS NOT NULL
        """,
        """
        CREATE TABLE results (
            result_id TEXT NOT NULL PRIMARY KEY,
            upload_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            style_image_path TEXT,
            color_image_path TEXT,
            look TEXT NOT NULL,
            sampling_rate REAL NOT NULL,
            stabilize INTEGER NOT NULL,
            size_mpx REAL NOT NULL,
            result_video_path TEXT NOT NULL,
            thumbnail_path TEXT NOT NULL,
            status TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            started_at INTEGER,
            completed_at INTEGER,
            processing_time REAL,
            frame_count INTEGER,
            sampled_frames INTEGER,
            frames_done INTEGER NOT NULL,
            frames_total INTEGER NOT NULL,
            ai_model TEXT,
            error_message TEXT,
            attempts INTEGER NOT NULL,
            lease_owner TEXT,
            lease_until INTEGER,
            idempotency_key TEXT,
            request_digest TEXT,
            webhook_url TEXT,
            notify_at INTEGER,
            notify_attempts INTEGER NOT NULL
        )
        """,
        "CREATE INDEX results_by_user ON results (user_id, created_at DESC)",
        "CREATE INDEX results_by_upload ON results (upload_id)",
        "CREATE INDEX results_by_status ON results (status, completed_at)",
        "CREATE INDEX results_by_notice ON results (notify_at) WHERE notify_at IS NOT NULL",
        """
        CREATE UNIQUE INDEX results_by_key ON results (user_id, idempotency_key)
        WHERE idempotency_key IS NOT NULL
        """,
    ),
    (
        # What is over is found by its age.
        "CREATE INDEX sessions_by_age ON sessions (updated_at)",
        "CREATE INDEX uploads_by_age ON uploads (created_at)",
        "CREATE INDEX results_by_age ON results (created_at)",
        """
        CREATE INDEX results_with_photos ON results (created_at)
        WHERE style_image_path IS NOT NULL OR color_image_path IS NOT NULL
        """,
        # A history is read in this order, however many results have the same moment.
        "DROP INDEX results_by_user",
        "CREATE INDEX results_by_user ON results (user_id, created_at DESC, result_id)",
        """
        CREATE INDEX results_leased ON results (user_id, lease_until)
        WHERE lease_until IS NOT NULL
        """,
        # Whose file is this?
        "CREATE INDEX uploads_by_file ON uploads (file_path)",
        "CREATE INDEX results_by_video ON results (result_video_path)",
        "CREATE INDEX results_by_thumbnail ON results (thumbnail_path)",
        """
        CREATE INDEX results_by_style ON results (style_image_path)
        WHERE style_image_path IS NOT NULL
        """,
        """
        CREATE INDEX results_by_color ON results (color_image_path)
        WHERE color_image_path IS NOT NULL
        """,
        # The state is a LooseState.
        """
        CREATE TABLE loose (
            path TEXT NOT NULL PRIMARY KEY,
            due INTEGER NOT NULL,
            user_id TEXT,
            state TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX loose_by_due ON loose (due)",
        "CREATE INDEX loose_by_user ON loose (user_id) WHERE user_id IS NOT NULL",
        # How many results a user has would otherwise be counted with every page of a history.
        """
        CREATE TABLE tallies (
            user_id TEXT NOT NULL PRIMARY KEY,
            results INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        "INSERT INTO tallies SELECT user_id, count(*) FROM results GROUP BY user_id",
        """
        CREATE TRIGGER result_added AFTER INSERT ON results BEGIN
            INSERT INTO tallies VALUES (new.user_id, 1)
            ON CONFLICT (user_id) DO UPDATE SET results = results + 1;
        END
        """,
        """
        CREATE TRIGGER result_removed AFTER DELETE ON results BEGIN
            UPDATE tallies SET results = results - 1 WHERE user_id = old.user_id;
            DELETE FROM tallies WHERE user_id = old.user_id AND results = 0;
        END
        """,
    ),
    (
        # What a user has is read in these orders, a page at a time.
        "DROP INDEX uploads_by_user",
        "CREATE INDEX uploads_by_user ON uploads (user_id, created_at DESC, upload_id)",
        "DROP INDEX sessions_by_user",
        "CREATE INDEX sessions_by_user ON sessions (user_id, session_id)",
    ),
    (
        """
        CREATE TABLE consents (
            user_id TEXT NOT NULL PRIMARY KEY,
            processing INTEGER NOT NULL,
            cloud INTEGER NOT NULL,
            notice TEXT NOT NULL,
            given_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    (
        """
        CREATE TABLE coming_consents (
            consent_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            due INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX coming_consents_by_user ON coming_consents (user_id)",
        "CREATE INDEX coming_consents_by_due ON coming_consents (due)",
    ),
    (
        """
        CREATE TABLE usages (
            user_id TEXT NOT NULL,
            month TEXT NOT NULL,
            videos INTEGER NOT NULL DEFAULT 0,
            spent_micro_usd INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (user_id, month)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX usages_by_month ON usages (month)",
        # Of all users together.
        """
        CREATE TABLE months (
            month TEXT NOT NULL PRIMARY KEY,
            spent_micro_usd INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        # What was erased has no user any more.
        """
        CREATE TABLE bookings (
            booking_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT,
            month TEXT NOT NULL,
            amount_micro_usd INTEGER NOT NULL,
            booked_at INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
        "CREATE INDEX bookings_by_user ON bookings (user_id) WHERE user_id IS NOT NULL",
        "CREATE INDEX bookings_by_age ON bookings (booked_at)",
        # Those that are not as they are at first.
        """
        CREATE TABLE tiers (
            tier TEXT NOT NULL PRIMARY KEY,
            videos_per_month INTEGER,
            max_video_s REAL NOT NULL,
            quality TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE user_tiers (
            user_id TEXT NOT NULL PRIMARY KEY,
            tier TEXT NOT NULL,
            given_at INTEGER NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    (
        "ALTER TABLE results ADD COLUMN haircut TEXT",
        "ALTER TABLE results ADD COLUMN max_keyframes INTEGER",
        "ALTER TABLE results ADD COLUMN keyframes INTEGER",
        "ALTER TABLE results ADD COLUMN cost_micro_usd INTEGER",
        "ALTER TABLE results ADD COLUMN fallback TEXT",
    ),
    (
        """
        CREATE TABLE styles (
            style_id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            prompt TEXT NOT NULL,
            aspect TEXT NOT NULL,
            model TEXT NOT NULL,
            file_path TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            idempotency_key TEXT,
            request_digest TEXT
        )
        """,
        "CREATE INDEX styles_by_user ON styles (user_id, created_at DESC, style_id)",
        """
        CREATE UNIQUE INDEX styles_by_key ON styles (user_id, idempotency_key)
        WHERE idempotency_key IS NOT NULL
        """,
        "CREATE INDEX styles_by_age ON styles (created_at)",
        "CREATE INDEX styles_by_file ON styles (file_path)",
    ),
    (
        """
        CREATE TABLE coming_styles (
            style_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            idempotency_key TEXT NOT NULL,
            due INTEGER NOT NULL,
            PRIMARY KEY (user_id, idempotency_key)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX coming_styles_by_due ON coming_styles (due)",
    ),
)
"""The statements that lead from each schema version to the next; the first starts from nothing."""
