import CLISupport
import ChatProtocol
import GroupRules
import RulesSupport
import Testing

@testable import ChatClient

/// What a doctor says of an account's devices.
@Suite struct DeviceChecksTests {
    private func record(_ id: DeviceID, _ name: String, _ state: DeviceState = .active, grant: [UInt8] = [])
        -> DeviceRecord
    {
        DeviceRecord(id: id, name: name, state: state, created: 1000, lastSeen: 0, online: false, grant: grant)
    }

    private func checks(_ account: TestAccount, _ records: [DeviceRecord]) -> [DoctorCheck] {
        DeviceChecks(
            devices: records.map { AccountDevice($0, own: account.first, chain: account.chain) }, chain: account.chain
        ).checks
    }

    @Test func `one device alone that approves others is too few, and none is fewer`() throws {
        var ann = try TestAccount()
        let plain = try ann.add()
        let records = [record(ann.first, "laptop"), record(plain, "phone")]
        var found = checks(ann, records)
        #expect(found.map(\.status) == [.warning] && found.first?.problem?.code == "no_recovery")
        #expect(found.first?.problem?.advice == .makeRecovery)
        // An identity file that makes other keys approves nobody before it is used.
        _ = try ann.add([.certify, .enrolOnce])
        #expect(checks(ann, records).first?.problem?.code == "no_recovery")
        let recovery = try ann.add(.certify)
        found = checks(ann, records + [record(recovery, "file")])
        #expect(found.map(\.status) == [.ok])
        // One that is suspended approves nobody.
        found = checks(ann, records + [record(recovery, "file", .suspended)])
        #expect(found.first?.problem?.code == "no_recovery" && found.first?.problem?.advice == .makeRecovery)
        let both = [record(ann.first, "laptop", .suspended), record(recovery, "file", .suspended)]
        #expect(checks(ann, both).first?.problem?.advice == .resetAccount())
        try ann.revoke(recovery)
        try ann.revoke(ann.first)
        #expect(checks(ann, records).first?.problem?.advice == .resetAccount())
    }

    @Test func `who waits is told by name and time once it has left its grant`() throws {
        var ann = try TestAccount()
        let recovery = try ann.add(.certify)
        let (left, silent) = (try ann.grant(), try ann.grant())
        let found = checks(
            ann,
            [
                record(ann.first, "laptop"), record(recovery, "file"),
                record(left.device, "phone\u{1b}", .pending, grant: left.wireBytes),
                record(silent.device, "nobody", .pending),
            ])
        #expect(found.count == 1)
        let text = try #require(found.first?.text)
        #expect(text.hasPrefix("phone^[ (\(left.device.hex)) waits to be approved, since 1970-01-01T00:00:01"))
        #expect(found.first?.see == .seeDevices && found.first?.status == .warning)
    }

    @Test func `else it says who has let whom in`() throws {
        var ann = try TestAccount()
        let phone = try ann.add(.certify)
        let box = try ann.add(by: phone)
        let tablet = try ann.add(.certify, by: phone)
        try ann.revoke(phone)
        let records = [
            record(ann.first, "laptop"), record(phone, "phone", .revoked), record(box, "box"), record(tablet, "tablet"),
        ]
        #expect(
            checks(ann, records).map(\.text) == [
                "this one (the first), box (let in by phone, which is revoked), "
                    + "tablet (let in by phone, which is revoked)"
            ])
        #expect(
            checks(ann, records.filter { $0.id != phone }).first?.text
                .contains("box (let in by \(phone.hex), which is gone)") == true)
    }
}
