import CLISupport
import ChatProtocol
import NIOCore
import NIOPosix
import Testing
import Transport

@testable import ChatServer

@Suite struct MetricsTests {
    private func metrics(_ change: (inout ServerMetrics) -> Void = { _ in }) -> ServerMetrics {
        var metrics = ServerMetrics(
            counts: HubCounts(), hub: HubStatus(connections: 5, loggedIn: 4, subscribed: 3, online: 2),
            room: StoreRoom(used: 4_096, diskFree: 1 << 30), retentionIsSuspended: false,
            certificateEnd: 1_800_000_000_007, process: ProcessFigures())
        change(&metrics)
        return metrics
    }

    private func value(_ sample: String, in metrics: ServerMetrics) -> String? {
        metrics.text.split(separator: "\n").first { $0.hasPrefix(sample + " ") }
            .map { String($0.dropFirst(sample.utf8.count + 1)) }
    }

    @Test func `a family has its help, its type and then its samples`() {
        var text = MetricsText()
        text.add("a_total", .counter, "Things.", label: "kind", [("x", 1), ("say \"hi\"\\\n", 2)])
        text.add("b", .gauge, "Seconds.", milliseconds: 61_005)
        #expect(
            text.text == """
                # HELP a_total Things.
                # TYPE a_total counter
                a_total{kind="x"} 1
                a_total{kind="say \\"hi\\"\\\\\\n"} 2
                # HELP b Seconds.
                # TYPE b gauge
                b 61.005

                """)
    }

    @Test func `what was counted is told, and every code has a sample from the beginning`() {
        let metrics = metrics {
            $0.counts.appended(bytes: 10, isDuplicate: false)
            $0.counts.appended(bytes: 7, isDuplicate: true)
            $0.counts.delivered(3, bytes: 300)
            $0.counts.loggedIn(by: .loginByDevice)
            $0.counts.refused(Failure(.busy))
            $0.counts.wrote(operations: 2, inNanoseconds: 1_500_000, succeeded: true)
            $0.counts.wrote(operations: 1, inNanoseconds: 1_000_000, succeeded: false)
        }
        let told = [
            "chatd_connections": "5", "chatd_users_online": "2", "chatd_appends_total": "1",
            "chatd_append_bytes_total": "10", "chatd_append_duplicates_total": "1", "chatd_deliveries_total": "3",
            "chatd_logins_total{method=\"device\"}": "1", "chatd_logins_total{method=\"password\"}": "0",
            "chatd_batches_total": "2", "chatd_batch_failures_total": "1", "chatd_batch_operations_total": "3",
            "chatd_batch_seconds_total": "0.002", "chatd_store_bytes": "4096",
            "chatd_certificate_end_timestamp_seconds": "1800000000.007",
        ]
        for (sample, expected) in told { #expect(value(sample, in: metrics) == expected, "\(sample)") }
        for code in ErrorCode.allCases {
            let expected = code == .busy ? "1" : "0"
            #expect(value("chatd_refusals_total{code=\"\(code.name)\"}", in: metrics) == expected)
        }
    }

    @Test func `what cannot be asked is left out`() {
        let text = metrics {
            $0.room = nil
            $0.certificateEnd = nil
        }.text
        #expect(!text.contains("chatd_store_bytes") && !text.contains("chatd_certificate_end"))
    }

    @Test func `metrics are told to this machine alone`() {
        #expect(
            MetricsAddress.parse("127.0.0.1:9420") == .loopback(NetworkAddress(host: "127.0.0.1", port: 9420)))
        #expect(MetricsAddress.parse("[::1]:0") == .loopback(NetworkAddress(host: "::1", port: 0)))
        #expect(MetricsAddress.parse("/run/chatd/metrics.sock") == .socket("/run/chatd/metrics.sock"))
        for text in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "localhost:1", "127.0.0.1", "::1", "metrics.sock", "/", ""] {
            #expect(MetricsAddress.parse(text) == nil, "\(text)")
        }
    }

    @Test func `a listener for this machine is never bound to another address`() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        await #expect(throws: ListenError.self) {
            try await loop.flatSubmit {
                LocalListener.bind(.loopback(NetworkAddress(host: "0.0.0.0", port: 0)), on: loop) { _ in }
            }.get()
        }
    }
}
