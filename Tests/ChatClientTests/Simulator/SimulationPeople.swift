import CLISupport
import ChatProtocol
import GroupRules
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// Who there is, and by which devices.
extension Simulation {
    func register(_ text: String) async throws {
        let name = try #require(UserName(text))
        let place = try SimulatedDevice(of: name, number: 1, at: server.address)
        let client = try place.client(on: watched())
        _ = try await client.register(user: name, displayName: nil, password: Person.password)
        await client.settle()
        await client.close()
        try await client.leavesPackages()
        await client.close()
        names.append(name)
        let device = Device(place: place, id: try await client.ownDevice(), certifies: true)
        people[name] = Owner(name: name, devices: [device])
        tell("\(place.name) is registered")
    }

    func addDevice(to name: UserName) async throws {
        guard var person = people[name], let first = person.active.first(where: \.certifies) else { return }
        let place = try SimulatedDevice(of: name, number: person.devices.count + 1, at: server.address)
        let client = try place.client(on: watched())
        do throws(Problem) {
            _ = try await client.login(user: name, password: Person.password, deviceName: "d\(place.number)")
        } catch { guard error.code == "device_pending" else { throw error } }
        let me = try await client.whoAmI()
        let approver = try first.place.client(on: watched())
        let certifies = roll(2) == 0
        _ = try await approver.approveDevice(
            me.device.hex, fingerprint: try #require(me.deviceKey), certifies: certifies)
        await approver.close()
        try await client.leavesPackages()
        await client.close()
        person.devices.append(Device(place: place, id: me.device, certifies: certifies))
        people[name] = person
        tell("\(place.name) is approved by \(first.place.name)")
    }

    /// Begins an account anew; the others will accept its key.
    func reset(_ name: UserName) async throws {
        guard var person = people[name], !person.hasReset, !person.isDisabled else { return }
        let place = try SimulatedDevice(of: name, number: person.devices.count + 1, at: server.address)
        let client = try place.client(on: watched())
        _ = try await client.login(
            user: name, password: Person.password, deviceName: "anew", wish: LoginWish(confirmReset: { _ in true }))
        try await client.leavesPackages()
        await client.close()
        person.hasReset = true
        let former = person.devices.map(\.id)
        person.devices.append(Device(place: place, id: try await client.ownDevice(), certifies: true))
        people[name] = person
        try await noteRevoked(Set(former), of: name)
        tell("\(place.name) begins the account anew")
    }

    /// A closed one with two people, or three, and an open one with whoever joins.
    func makeRooms() async throws {
        let devices = try names.map { try #require(people[$0]?.devices.first?.place) }
        let (closed, open) = (try #require(RoomName("closed")), try #require(RoomName("open")))
        _ = try await run(.create(closed, .closed), on: devices[0])
        for name in names.dropFirst().prefix(1 + roll(2)) { _ = try await run(.add(name, closed), on: devices[0]) }
        _ = try await run(.create(open, .open), on: devices[1])
        for device in devices where device !== devices[1] && roll(2) == 0 {
            _ = try await run(.join(open), on: device)
        }
    }

    /// A line on which nothing is lost, and foundings are noted.
    func watched() -> LinkLine {
        let wire = ProcessWire(losing: nil, isHolding: false, life: life)
        return { wire.line($0) }
    }
}
