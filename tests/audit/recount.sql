-- recount.sql: the counters of the shipped indices, counted by SQL from what the history holds. It shares nothing with the
-- program: it was written from the definitions in docs/indices.md. Needs a table period(from_ms, until_ms) of one row.
--
-- Gives (name, value) for each counter.
WITH
story AS (SELECT t.*, row_number() OVER (PARTITION BY case_id ORDER BY position, ordinal) AS line FROM timeline t),
-- Handling work: acts on a case itself, or on orders that handle or assist.
work AS (SELECT * FROM story WHERE order_kind IS NULL OR order_kind IN ('HANDLE', 'ASSIST')),
given AS (SELECT case_id, min(line) AS line FROM work
          WHERE action = 'TO_DESK' OR (action = 'ACCEPT' AND order_kind IS NOT NULL) GROUP BY case_id),
first_act AS (SELECT case_id, min(line) AS line FROM work
              WHERE action IN ('ACCEPT', 'ARRIVE', 'DONE', 'SELF_HANDLED', 'RETURN') GROUP BY case_id),
-- A round of work is over with the first of these lines after its start; a failed check or a reopening starts the next.
ends AS (SELECT case_id, line, at_ms,
                sum(CASE WHEN action IN ('CHECK_FAIL', 'REOPEN') THEN 1 ELSE 0 END)
                    OVER (PARTITION BY case_id ORDER BY line) AS round,
                action NOT IN ('CHECK_FAIL', 'REOPEN')
                    AND (action IN ('START_CHECK', 'AWAIT_CLEAR') OR state = 'CLOSED') AS is_over
         FROM story),
over AS (SELECT case_id, round, min(line) AS line FROM ends WHERE is_over GROUP BY case_id, round),
handled AS (SELECT o.case_id, min(s.at_ms) AS first_at, max(s.at_ms) AS last_at
            FROM over o JOIN story s ON s.case_id = o.case_id AND s.line = o.line GROUP BY o.case_id),
-- Who did the work: the last to say so, helpers aside.
doer AS (SELECT case_id, max(line) AS line FROM work
         WHERE action IN ('DONE', 'SELF_HANDLED') AND coalesce(order_kind, '') <> 'ASSIST' GROUP BY case_id),
first_end AS (SELECT case_id, min(at_ms) AS at_ms FROM story
              WHERE state IN ('CLOSED', 'FORCED_CLOSED') AND action <> 'RETIRE' GROUP BY case_id),
last_void AS (SELECT case_id, reason FROM (SELECT case_id, reason, row_number() OVER (PARTITION BY case_id ORDER BY line DESC) AS back
              FROM story WHERE action IN ('VOID', 'VERIFY_NO') AND reason IS NOT NULL) WHERE back = 1),
tallies AS (SELECT case_id,
    sum(action = 'MISS' AND clock = 'HANDLE') AS handle_missed,
    sum(action = 'RETURN' AND (order_kind IS NULL OR order_kind IN ('HANDLE', 'ASSIST'))) AS returns,
    sum(action = 'CHECK_FAIL') AS fails,
    sum(action IN ('CHECK_FAIL', 'CHECK_PASS')) AS checks,
    sum(action = 'VERIFY_NO') AS verified_no,
    sum(action = 'OFFER' AND order_kind = 'ASSIST') AS assists,
    sum(action = 'SUSPEND') AS suspensions,
    sum(action = 'APPEAL_YES') AS upheld,
    sum(action = 'SUPERVISE') AS supervisions,
    sum(action <> 'CLEAR' AND source = 'HOTLINE') AS public_reports,
    sum(action <> 'CLEAR' AND source IN ('SENSOR', 'CAMERA', 'PATROL')) AS own_reports,
    sum(action = 'SOLVED') AS yes, sum(action = 'NOT_SOLVED') AS no,
    sum(action = 'RATE') AS rated,
    sum(CASE WHEN action = 'RATE' THEN CASE amount WHEN 5 THEN 100 WHEN 4 THEN 80 WHEN 3 THEN 60 WHEN 2 THEN 30 ELSE 0 END ELSE 0 END) AS worth
    FROM story GROUP BY case_id),
-- Two approve an extension: the second yes in a row grants it.
grants AS (SELECT case_id, sum(is_grant) AS n FROM (SELECT case_id, action = 'EXTEND_YES' AND lag(action) OVER w = 'EXTEND_YES' AS is_grant
           FROM story WHERE action LIKE 'EXTEND%' WINDOW w AS (PARTITION BY case_id ORDER BY line)) GROUP BY case_id),
-- Suspended when four fifths of the time from the hand-over to the deadline had passed.
late AS (SELECT s.case_id, count(*) AS n FROM story s JOIN given gl ON gl.case_id = s.case_id
         JOIN story g ON g.case_id = s.case_id AND g.line = gl.line
         WHERE s.action = 'SUSPEND' AND s.line > gl.line AND (SELECT (s.at_ms - g.at_ms) * 5 >= (d.deadline_ms - g.at_ms) * 4
            AND d.deadline_ms > g.at_ms FROM story d
            WHERE d.case_id = s.case_id AND d.line < s.line AND d.clock = 'HANDLE' AND d.action <> 'MISS' ORDER BY d.line DESC LIMIT 1)
         GROUP BY s.case_id),
hops AS (SELECT s.case_id, count(*) AS n FROM story s LEFT JOIN first_act a ON a.case_id = s.case_id
         WHERE (s.action = 'TO_DESK' OR (s.action = 'OFFER' AND s.order_kind = 'HANDLE')) AND (a.line IS NULL OR s.line < a.line)
         GROUP BY s.case_id),
full AS (SELECT c.*, t.handle_missed, t.returns, t.fails, t.checks, t.verified_no, t.assists, coalesce(x.n, 0) AS extensions, coalesce(l.n, 0) AS late, t.suspensions, t.upheld,
    t.supervisions, t.public_reports, t.own_reports, t.yes, t.no, t.rated, t.worth,
    coalesce(h.n, 0) AS hop_count, g.at_ms AS given_at, coalesce(g.holder_department, g.actor_team) AS given_to,
    a.at_ms AS acted_at, w.first_at AS worked_at, w.last_at AS worked_last_at,
    coalesce(d.actor_department, d.actor_team) AS done_by, e.at_ms AS ended_at, v.reason AS void_reason,
    (SELECT count(*) FROM cases n WHERE n.class = c.class AND n.cell = c.cell AND n.state NOT IN ('VOID', 'MERGED')
        AND n.opened_at_ms > c.closed_at_ms AND n.opened_at_ms <= c.closed_at_ms + 7 * 86400000
        AND ((c.asset IS NOT NULL AND n.asset = c.asset) OR (c.asset IS NULL AND abs(n.lon_e7 - c.lon_e7) <= 5000
             AND abs(n.lat_e7 - c.lat_e7) <= 5000))) AS again
    FROM cases c LEFT JOIN tallies t ON t.case_id = c.id LEFT JOIN hops h ON h.case_id = c.id
    LEFT JOIN grants x ON x.case_id = c.id LEFT JOIN late l ON l.case_id = c.id
    LEFT JOIN given gl ON gl.case_id = c.id LEFT JOIN story g ON g.case_id = c.id AND g.line = gl.line
    LEFT JOIN first_act al ON al.case_id = c.id LEFT JOIN story a ON a.case_id = c.id AND a.line = al.line
    LEFT JOIN handled w ON w.case_id = c.id
    LEFT JOIN doer dl ON dl.case_id = c.id LEFT JOIN story d ON d.case_id = c.id AND d.line = dl.line
    LEFT JOIN first_end e ON e.case_id = c.id LEFT JOIN last_void v ON v.case_id = c.id),
opened AS (SELECT full.* FROM full, period WHERE opened_at_ms >= from_ms AND opened_at_ms < until_ms),
filed AS (SELECT full.* FROM full, period WHERE filed_at_ms >= from_ms AND filed_at_ms < until_ms AND state <> 'MERGED'),
given_now AS (SELECT full.* FROM full, period WHERE given_at >= from_ms AND given_at < until_ms),
due AS (SELECT full.* FROM full, period WHERE due_at_ms >= from_ms AND due_at_ms < until_ms AND filed_at_ms IS NOT NULL),
owed AS (SELECT * FROM due WHERE state NOT IN ('VOID', 'MERGED', 'SUSPENDED')),
worked AS (SELECT full.* FROM full, period WHERE worked_last_at >= from_ms AND worked_last_at < until_ms),
closing AS (SELECT full.* FROM full, period WHERE closed_at_ms >= from_ms AND closed_at_ms < until_ms),
ending AS (SELECT full.* FROM full, period WHERE ended_at >= from_ms AND ended_at < until_ms),
acting AS (SELECT full.* FROM full, period WHERE acted_at >= from_ms AND acted_at < until_ms AND state <> 'MERGED'),
helping AS (SELECT orders.* FROM orders, period WHERE offered_at_ms >= from_ms AND offered_at_ms < until_ms AND kind = 'ASSIST')
SELECT 'reported', count(*) FROM opened WHERE state <> 'MERGED'
UNION ALL SELECT 'filed', count(*) FROM filed
UNION ALL SELECT 'dispatched', count(*) FROM given_now WHERE state <> 'MERGED'
UNION ALL SELECT 'due', count(*) FROM owed
UNION ALL SELECT 'due_handled_in_time', count(*) FROM owed WHERE worked_at IS NOT NULL AND handle_missed = 0
UNION ALL SELECT 'due_closed', count(*) FROM due WHERE state IN ('CLOSED', 'FORCED_CLOSED')
UNION ALL SELECT 'due_closed_in_time', count(*) FROM due
    WHERE state = 'CLOSED' AND handle_missed = 0 AND closed_at_ms <= due_at_ms + 24 * 3600000
UNION ALL SELECT 'handled', count(*) FROM worked WHERE state NOT IN ('VOID', 'MERGED')
UNION ALL SELECT 'checked', count(*) FROM worked WHERE state NOT IN ('VOID', 'MERGED') AND checks > 0
UNION ALL SELECT 'reworked', count(*) FROM worked WHERE state NOT IN ('VOID', 'MERGED') AND fails > 0
UNION ALL SELECT 'closed', count(*) FROM closing WHERE state = 'CLOSED'
UNION ALL SELECT 'forced', count(*) FROM closing WHERE state = 'FORCED_CLOSED'
UNION ALL SELECT 'voided', count(*) FROM closing WHERE state = 'VOID'
UNION ALL SELECT 'false_alarms', count(*) FROM closing
    WHERE state = 'VOID' AND (coalesce(void_reason, '') IN ('FALSE_ALARM', 'NOT_FOUND') OR verified_no > 0)
UNION ALL SELECT 'ended', count(*) FROM closing WHERE state IN ('CLOSED', 'VOID', 'FORCED_CLOSED')
UNION ALL SELECT 'closed_first', count(*) FROM ending
UNION ALL SELECT 'reopened', count(*) FROM ending WHERE reopenings > 0
UNION ALL SELECT 'repeated', count(*) FROM ending WHERE again > 0 OR reopenings > 0
UNION ALL SELECT 'given', count(*) FROM worked WHERE given_to IS NOT NULL AND done_by IS NOT NULL
UNION ALL SELECT 'given_right', count(*) FROM worked WHERE given_to = done_by AND returns = 0
UNION ALL SELECT 'returned', count(*) FROM given_now WHERE returns > 0 AND state <> 'MERGED'
UNION ALL SELECT 'extended', count(*) FROM given_now WHERE extensions > 0 AND state <> 'MERGED'
UNION ALL SELECT 'suspended', count(*) FROM given_now WHERE suspensions > 0
UNION ALL SELECT 'suspended_late', count(*) FROM given_now WHERE late > 0
UNION ALL SELECT 'supervised', count(*) FROM given_now WHERE supervisions > 0
UNION ALL SELECT 'proactive', count(*) FROM filed WHERE source IN ('SENSOR', 'CAMERA', 'PATROL')
UNION ALL SELECT 'proactive_ended', count(*) FROM closing
    WHERE source IN ('SENSOR', 'CAMERA', 'PATROL') AND state IN ('CLOSED', 'VOID', 'FORCED_CLOSED')
UNION ALL SELECT 'proactive_void', count(*) FROM closing WHERE source IN ('SENSOR', 'CAMERA', 'PATROL') AND state = 'VOID'
UNION ALL SELECT 'unseen', count(*) FROM filed WHERE public_reports > 0 AND own_reports = 0
UNION ALL SELECT 'acted', count(*) FROM acting
UNION ALL SELECT 'hops_before_act', coalesce(sum(hop_count), 0) FROM acting
UNION ALL SELECT 'complaints', coalesce(sum(public_reports), 0) FROM opened
UNION ALL SELECT 'hotline', count(*) FROM opened WHERE source = 'HOTLINE' AND state <> 'MERGED'
UNION ALL SELECT 'hotline_answered', count(*) FROM opened
    WHERE source = 'HOTLINE' AND state <> 'MERGED' AND acted_at <= opened_at_ms + 24 * 3600000
UNION ALL SELECT 'hotline_closed', count(*) FROM closing WHERE public_reports > 0 AND state IN ('CLOSED', 'FORCED_CLOSED')
UNION ALL SELECT 'hotline_rated', count(*) FROM closing
    WHERE public_reports > 0 AND state IN ('CLOSED', 'FORCED_CLOSED') AND rated + yes + no > 0
UNION ALL SELECT 'said_solved', coalesce(sum(yes), 0) FROM ending
UNION ALL SELECT 'said_unsolved', coalesce(sum(no), 0) FROM ending
UNION ALL SELECT 'rated', coalesce(sum(rated), 0) FROM ending
UNION ALL SELECT 'worth', coalesce(sum(worth), 0) FROM ending
UNION ALL SELECT 'joint_due', count(*) FROM owed WHERE assists > 0
UNION ALL SELECT 'joint_in_time', count(*) FROM owed WHERE assists > 0 AND worked_at IS NOT NULL AND handle_missed = 0
UNION ALL SELECT 'helpers', count(*) FROM helping
UNION ALL SELECT 'helpers_came', count(*) FROM helping WHERE arrived_at_ms IS NOT NULL;
