import CLISupport
import ChatProtocol

/// What is told of a running server to whoever watches it. A plain value; no name and no conversation is in it.
struct ServerMetrics {
    var counts: HubCounts
    var hub: HubStatus
    /// Nil where the store could not be asked.
    var room: StoreRoom?
    var retentionIsSuspended: Bool
    var certificateEnd: Timestamp?
    var process: ProcessFigures

    var text: String {
        var text = MetricsText()
        text.add(
            "chatd_build_info", .gauge, "The version that runs.", label: "version", [(Release.version, 1)])
        describeConnections(in: &text)
        describeMessages(in: &text)
        describeGroups(in: &text)
        describeBatches(in: &text)
        text.add(
            "chatd_refusals_total", .counter, "Requests that were refused, by the code of the error.", label: "code",
            ErrorCode.allCases.map { ($0.name, counts.refusals[$0] ?? 0) })
        describeStore(in: &text)
        if let certificateEnd {
            text.add(
                "chatd_certificate_end_timestamp_seconds", .gauge, "When the certificate ends.",
                milliseconds: certificateEnd.milliseconds)
        }
        process.describe(in: &text)
        return text.text
    }

    private func describeConnections(in text: inout MetricsText) {
        text.add("chatd_connections", .gauge, "Connections now, logged in or not.", UInt64(hub.connections))
        text.add("chatd_connections_logged_in", .gauge, "Connections that are logged in.", UInt64(hub.loggedIn))
        text.add(
            "chatd_connections_subscribed", .gauge, "Connections that take deliveries.", UInt64(hub.subscribed))
        text.add("chatd_users_online", .gauge, "Users who are online.", UInt64(hub.online))
        text.add(
            "chatd_connections_accepted_total", .counter, "Connections that were accepted.",
            counts.acceptedConnections)
        text.add(
            "chatd_connections_turned_away_total", .counter, "Connections beyond the most that there may be.",
            counts.turnedAwayConnections)
        text.add(
            "chatd_logins_total", .counter, "Logins, by what proved them.", label: "method",
            HubCounts.Login.allCases.map { ($0.rawValue, counts.logins[$0] ?? 0) })
    }

    private func describeMessages(in text: inout MetricsText) {
        text.add("chatd_appends_total", .counter, "Messages that were stored.", counts.appends)
        text.add("chatd_append_bytes_total", .counter, "Bytes of their payloads.", counts.appendedBytes)
        text.add(
            "chatd_append_duplicates_total", .counter, "Messages that were sent again and had been stored.",
            counts.duplicates)
        text.add(
            "chatd_deliveries_total", .counter, "Messages given to connections, one for each.", counts.deliveries)
        text.add("chatd_delivery_bytes_total", .counter, "Bytes of their frames.", counts.deliveredBytes)
    }

    private func describeGroups(in text: inout MetricsText) {
        let groups = hub.groups
        text.add("chatd_handshakes_total", .counter, "Commits to groups that were stored.", groups.handshakes)
        text.add(
            "chatd_handshakes_refused_total", .counter, "Commits to groups that were refused or came too late.",
            groups.refused)
        text.add(
            "chatd_key_packages_taken_total", .counter,
            "Key packages that were handed out, used once or a device's last resort.", label: "kind",
            [("once", counts.packagesTaken), ("last_resort", counts.lastResortsTaken)])
        text.add(
            "chatd_key_packages_refused_total", .counter, "Key packages of devices that were no good.",
            counts.packagesRefused)
        text.add(
            "chatd_commit_reports_total", .counter, "Reports of commits that members could not process.", groups.reports
        )
        text.add("chatd_groups_followed", .gauge, "Groups whose trees are in memory.", UInt64(groups.followers))
        text.add("chatd_groups_followed_bytes", .gauge, "About what they take there.", UInt64(groups.bytes))
    }

    private func describeBatches(in text: inout MetricsText) {
        text.add("chatd_batches_total", .counter, "Batches that the store was given.", counts.batches)
        text.add("chatd_batch_failures_total", .counter, "Batches that could not be written.", counts.failedBatches)
        text.add("chatd_batch_operations_total", .counter, "Operations in batches.", counts.operations)
        text.add(
            "chatd_batch_seconds_total", .counter, "How long batches took until they were on disk.",
            milliseconds: counts.batchNanoseconds / 1_000_000)
    }

    private func describeStore(in text: inout MetricsText) {
        if let room {
            text.add("chatd_store_bytes", .gauge, "What the store takes, its log included.", room.used)
            text.add("chatd_store_free_bytes", .gauge, "What its disk has free.", room.diskFree)
        }
        text.add(
            "chatd_retention_suspended", .gauge, "1 where nothing is deleted because the clock has leapt.",
            retentionIsSuspended ? 1 : 0)
    }
}
