import ChatProtocol
import Foundation
import Testing

/// The tables of chat-protocol(7) against the program.
struct ProtocolTableTests {
    let page: ManualPage

    init() throws { page = try ManualPage("chat-protocol.7") }

    @Test func `every kind of frame stands in the page with its number, and no other`() {
        let told = page.rows("Frame kinds").map { "\($0[0]) \($0[1])" }
        let real = FrameKind.allCases.map { "\($0.rawValue) \(capitalised("\($0)"))" }
        #expect(told == real)
    }

    @Test func `the page calls requests, replies and events by their ranges`() {
        for row in page.rows("Frame kinds") {
            guard let number = Int(row[0]) else { continue }
            switch number {
            case 1...63: #expect(row[2] != "is a reply" && row[2] != "is an event", "\(row)")
            case 128...191: #expect(row[2] == "is a reply", "\(row)")
            default: #expect(row[2] == "is an event", "\(row)")
            }
        }
    }

    @Test func `every error stands in the page with number, name and sentence, and no other`() {
        let told = page.rows("ERROR CODES").map { $0.joined(separator: " | ") }
        let real = ErrorCode.allCases.map { "\($0.rawValue) | \($0.name) | \($0.sentence)" }
        #expect(told == real)
    }

    @Test func `every limit stands in the page with its value, and no other`() throws {
        let source = try Repository.text("Sources/ChatProtocol/Limits.swift")
        let names = source.matches(of: /static let (\w+) =/).map { snakeCase(String($0.1)) }
        let told = page.rows("LIMITS")
        #expect(told.map { $0[0] } == names)
        for row in told {
            #expect(row[1] == Self.limits[row[0]], "\(row[0])")
        }
    }

    private static let limits: [String: String] = [
        "frame_before_login": "\(Limits.frameBeforeLogin)",
        "frame": "\(Limits.frame)",
        "payload": "\(Limits.payload)",
        "handshake": "\(Limits.handshake)",
        "group_welcome": "\(Limits.groupWelcome)",
        "group_info": "\(Limits.groupInfo)",
        "key_package": "\(Limits.keyPackage)",
        "key_packages": "\(Limits.keyPackages)",
        "key_package_claim": "\(Limits.keyPackageClaim.wholeMilliseconds)",
        "key_package_claims": "\(Limits.keyPackageClaims)",
        "key_package_claims_in_all": "\(Limits.keyPackageClaimsInAll)",
        "key_package_days": "\(Limits.keyPackageDays)",
        "last_resort_days": "\(Limits.lastResortDays)",
        "adds_per_commit": "\(Limits.addsPerCommit)",
        "group_devices": "\(Limits.groupDevices)",
        "everyone_devices": "\(Limits.everyoneDevices)",
        "room_admins": "\(Limits.roomAdmins)",
        "rooms_page": "\(Limits.roomsPage)",
        "blocked_users": "\(Limits.blockedUsers)",
        "unfounded_rooms": "\(Limits.unfoundedRooms)",
        "unfounded_hours": "\(Limits.unfoundedHours)",
        "tree": "\(Limits.tree)",
        "tree_part": "\(Limits.treePart)",
        "log_page_entries": "\(Limits.logPageEntries)",
        "log_page_bytes": "\(Limits.logPageBytes)",
        "handshake_days": "\(Limits.handshakeDays)",
        "turn_seconds": "\(Limits.turnSeconds)",
        "turns_waiting": "\(Limits.turnsWaiting)",
        "external_commit_seconds": "\(Limits.externalCommitSeconds)",
        "reports": "\(Limits.reports)",
        "blocked_hours": "\(Limits.blockedHours)",
        "sequence_number": "\(Limits.sequenceNumber)",
        "text": "\(Limits.text)",
        "display_name": "\(Limits.displayName)",
        "device_name": "\(Limits.deviceName)",
        "idempotency_key": "\(Limits.idempotencyKey)",
        "new_password": "\(Limits.newPassword.lowerBound) to \(Limits.newPassword.upperBound)",
        "checked_password": "\(Limits.checkedPassword)",
        "invite": "\(Limits.invite)",
        "software": "\(Limits.software)",
        "sentence": "\(Limits.sentence)",
        "devices_per_account": "\(Limits.devicesPerAccount)",
        "keys_per_device": "\(Limits.keysPerDevice)",
        "certificate": "\(Limits.certificate)",
        "link": "\(Limits.link)",
        "pending_devices": "\(Limits.pendingDevices)",
        "pending_days": "\(Limits.pendingDays)",
        "made_device_minutes": "\(Limits.madeDeviceMinutes)",
        "page": "\(Limits.page)",
        "requests_in_flight": "\(Limits.requestsInFlight)",
        "unacknowledged_entries": "\(Limits.unacknowledgedEntries)",
        "unacknowledged_bytes": "\(Limits.unacknowledgedBytes)",
        "acknowledge_entries": "\(Limits.acknowledgeEntries)",
        "acknowledge_delay": "\(Limits.acknowledgeDelay.wholeMilliseconds)",
        "login_window": "\(Limits.loginWindow)",
        "handshake_seconds": "\(Limits.handshakeSeconds)",
        "login_seconds": "\(Limits.loginSeconds)",
        "ping_seconds": "\(Limits.pingSeconds)",
        "stalled_seconds": "\(Limits.stalledSeconds)",
    ]

    private func capitalised(_ name: String) -> String { name.prefix(1).uppercased() + name.dropFirst() }
}
