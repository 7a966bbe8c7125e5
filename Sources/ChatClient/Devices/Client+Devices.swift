import CLISupport
import ChatProtocol
import GroupRules

/// This account's devices.
extension Client {
    /// As the server lists them.
    package func devices() async throws(Problem) -> [DeviceRecord] {
        let found: Devices = try await linkForDevices().request(ListDevices())
        return found.devices
    }

    /// As the server and the account's chain tell them.
    package func accountDevices() async throws(Problem) -> [AccountDevice] {
        let link = try await linkForDevices()
        let found: Devices = try await link.request(ListDevices())
        let chain = try await ownChain(on: link)
        let known = try await chain.read()
        return AccountDevice.all(found.devices, own: chain.own.device, chain: known)
    }

    /// This profile's own device.
    package func ownDevice() throws(Problem) -> DeviceID { try identity().device }

    /// A connection on which this device may be one that waits.
    func linkForDevices() async throws(Problem) -> Link {
        do throws(Problem) { return try await loggedInLink(flushesOutbox: false).0 } catch {
            guard error.code == ErrorCode.devicePending.name else { throw error }
        }
        let link = try await connections.linkOfPending()
        _ = try await link.welcome()
        await connections.useForRequests(link)
        return link
    }

    /// Adds a device that waits to the account's chain.
    ///
    /// - Parameters:
    ///   - id: hexadecimal, or the device's name where only one has it.
    ///   - fingerprint: as the device itself shows it, on its own screen.
    /// - Throws: `fingerprint_differs` (79) where it is another's.
    package func approveDevice(
        _ id: String, fingerprint: String, certifies: Bool
    ) async throws(Problem) -> AccountDevice {
        guard let wanted = DeviceFingerprint(fingerprint.lowercased()) else {
            throw Problem(
                .usage, "'\(fingerprint)' is no device's fingerprint: dev1: and 52 letters and digits",
                hint: "take it from the screen of the device that waits")
        }
        let link = try await linkForDevices()
        let found: Devices = try await link.request(ListDevices())
        var record = try Self.resolve(id, among: found.devices)
        let chain = try await ownChain(on: link)
        let known = try await chain.read()
        if let device = known?.devices[record.id], device.isActive {
            guard chain.own.fingerprint(of: record.id, key: device.grant.key) == wanted else { throw otherFingerprint }
            guard device.certifies || !certifies else {
                throw Problem(
                    .forbidden, "the device was approved before, without the right to approve others",
                    hint: "a right is given when a device is added: revoke it, let it log in anew, and approve that",
                    sent: .no)
            }
            return AccountDevice(record, own: chain.own.device, chain: known)
        }
        let grant = try Self.grant(of: record, at: chain.own.place)
        guard chain.own.fingerprint(of: record.id, key: grant.key) == wanted else { throw otherFingerprint }
        // Before anybody hears of it: whoever stays connected for this profile tells it then.
        let device = record.id
        try store { store in try store.writeSynced { try store.oweKeys(to: device) } }
        _ = try await chain.publish(.add(grant.with(certifies ? .certify : [])), beginsAt: .some(known))
        record.state = .active
        return AccountDevice(
            record, own: chain.own.device, chain: try store { try $0.chain(of: chain.own.place.account) })
    }

    /// What is compared is not told: only the other screen shows it.
    private var otherFingerprint: Problem {
        Problem(
            .fingerprintDiffers, "the device that waits has another fingerprint; it was not approved",
            hint:
                "compare it with the device's own screen; where nobody of you waits, revoke it and change the password",
            sent: .no)
    }

    private static func grant(of record: DeviceRecord, at place: AccountPlace) throws(Problem) -> Grant {
        guard record.state == .pending else {
            throw Problem(.noSuchDevice, "the device does not wait", advice: .seeDevices)
        }
        guard !record.grant.isEmpty else {
            throw Problem(
                .noSuchDevice, "the device has not left its key yet", hint: "have it connect once more, and try again")
        }
        guard let grant = try? Grant(wireBytes: record.grant), grant.device == record.id, grant.isProven(at: place)
        else {
            throw Problem(.protocolFault, "the server gives a key of that device that it does not prove")
        }
        return grant
    }

    package func renameDevice(_ id: String, to name: String) async throws(Problem) {
        try Self.check(name, limit: Limits.deviceName, what: "a device's name")
        let device = try await resolveDevice(id)
        let _: Done = try await ask(RenameDevice(device: device, name: name))
    }

    private func resolveDevice(_ text: String) async throws(Problem) -> DeviceID {
        if let id = DeviceID(hex: text.lowercased()) { return id }
        return try Self.resolve(text, among: try await devices()).id
    }

    static func resolve(_ text: String, among devices: [DeviceRecord]) throws(Problem) -> DeviceRecord {
        let id = DeviceID(hex: text.lowercased())
        let named = devices.filter { id != nil ? $0.id == id : $0.name == text && $0.state != .revoked }
        guard named.count <= 1 else {
            throw Problem(.usage, "\(named.count) devices are called \(text)", hint: "name one by its id")
        }
        guard let device = named.first else {
            throw Problem(.noSuchDevice, "there is no device \(text)", advice: .seeDevices)
        }
        return device
    }
}

extension OwnDevice {
    /// Of a device of the same account.
    func fingerprint(of device: DeviceID, key: DeviceKey) -> DeviceFingerprint {
        DeviceFingerprint(account: place.account, device: device, grantedKey: key)
    }
}
