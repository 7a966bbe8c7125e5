import CLISupport
import ChatProtocol
import RulesSupport
import SQLite
import StoredValues
import TestSupport
import Testing

@testable import ChatClient

/// Devices that were added, revoked, or begun anew with, between a backup of the server and the day it was put back: what it has lost of
/// them, and how their owners set that right.
extension Simulation {
    func noteLost(since backup: Backup) {
        for (name, person) in people {
            for (index, device) in person.devices.enumerated() {
                switch backup.devices[device.id] {
                case nil: people[name]?.devices[index].isLost = true
                // It is let in as before, as long as nobody says otherwise.
                case false? where device.hasEnded: people[name]?.devices[index].absences.removeAll()
                case false?, true?: break
                }
            }
        }
    }

    /// Whether links that a restore has lost may not have been given back.
    var lacksLinks: Bool {
        people.values.contains { $0.devices.contains { $0.isLost || $0.hasEnded && $0.isPresent } }
    }

    /// Whoever knows of lost links gives them back; what is lost logs in again, and what was cut off is cut off again.
    func setDevicesRight() async throws {
        for name in names {
            guard let person = people[name], !person.isDisabled,
                person.devices.contains(where: { $0.isLost || $0.hasEnded && $0.isPresent })
            else { continue }
            for device in person.active { _ = try await run(.sync, on: device.place) }
            for device in person.devices where device.isLost && !device.hasEnded { try await comesBack(device) }
            try await cutOffAgain(name)
            // Those that were added and revoked meanwhile the server need not know.
            for index in person.devices.indices where person.devices[index].hasEnded {
                people[name]?.devices[index].isLost = false
            }
        }
    }

    /// Devices that do not certify have the server suspend others, which no chain tells.
    func noteWhoCutOff(_ revoked: DeviceID, _ by: SimulatedDevice) {
        guard let person = people[by.account], let index = person.devices.firstIndex(where: { $0.id == revoked }) else {
            return
        }
        let certifies = person.devices.contains { $0.place === by && $0.certifies }
        people[by.account]?.devices[index].isSuspended = !certifies
    }

    private func isLetIn(_ device: DeviceID) async throws -> Bool {
        try await server.writing { database in
            try database.first("SELECT 1 FROM devices WHERE id = ? AND state = 2", device) { _ in true } ?? false
        }
    }

    private func comesBack(_ device: Device) async throws {
        let name = device.place.account
        let client = try device.place.client(on: watched())
        do throws(Problem) {
            _ = try await client.login(user: name, password: Person.password, deviceName: "d\(device.place.number)")
        } catch {
            guard error.code == "device_pending" else { throw error }
            let me = try await client.whoAmI()
            guard let by = people[name]?.active.first(where: \.certifies) else {
                throw fail("\(device.place.name) is lost, and nobody is left who approves it")
            }
            let approver = try by.place.client(on: watched())
            _ = try await approver.approveDevice(
                me.device.hex, fingerprint: try #require(me.deviceKey), certifies: device.certifies)
            await approver.close()
        }
        guard try await client.ownDevice() == device.id else {
            throw fail("\(device.place.name) is another device now")
        }
        try await client.leavesPackages()
        await client.close()
        guard let index = people[name]?.devices.firstIndex(where: { $0.id == device.id }) else { return }
        people[name]?.devices[index].isLost = false
        tell("\(device.place.name) logs in again")
    }

    /// What was suspended stands in no chain, and is suspended again; all else was given back.
    private func cutOffAgain(_ name: UserName) async throws {
        guard let person = people[name] else { return }
        let ended = person.devices.filter { $0.hasEnded && !$0.isLost && $0.isPresent }
        for device in ended where device.isSuspended {
            guard let by = pick(person.active) else { continue }
            _ = try await run(.revoke(device.id, device.place.name), on: by.place)
        }
        for device in ended {
            guard try await !isLetIn(device.id) else {
                throw fail("\(device.place.name) is let in by a restored server")
            }
        }
        try await noteAbsent(Set(ended.map(\.id)), of: name)
    }
}
