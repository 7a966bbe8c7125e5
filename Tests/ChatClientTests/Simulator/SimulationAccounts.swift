import ChatProtocol
import TestSupport
import Testing

@testable import ChatClient
@testable import ChatServer

/// What an administrator does to accounts.
extension Simulation {
    /// Those who can do something.
    var living: [UserName] { names.filter { people[$0]?.active.isEmpty == false } }

    /// An account is disabled, or what was is enabled again.
    func disablesOrEnables() async throws {
        if let name = pick(names.filter { people[$0]?.isDisabled == true }) { return try await enables(name) }
        guard living.count > 2, let name = pick(living), let person = people[name] else { return }
        try await server.administer(.setFlag(name, .disabled, isOn: true))
        people[name]?.isDisabled = true
        // What was is known before; what is written from now on is not for them.
        try await noteAbsent(Set(person.active.map(\.id)), of: name)
        tell("\(name) is disabled")
    }

    private func enables(_ name: UserName) async throws {
        let heads = try await logs().courses.mapValues(\.head)
        try await server.administer(.setFlag(name, .disabled, isOn: false))
        guard var person = people[name] else { return }
        person.isDisabled = false
        for index in person.devices.indices where person.devices[index].absences.last?.isOver == false {
            guard !person.devices[index].hasEnded else { continue }
            person.devices[index].absences[person.devices[index].absences.count - 1].until = heads
        }
        people[name] = person
        tell("\(name) is enabled")
    }

    func deletes() async throws {
        guard living.count > 2, let name = pick(living), let person = people[name] else { return }
        try await server.administer(.deleteUser(name, erasing: false))
        try await noteRevoked(Set(person.devices.map(\.id)), of: name)
        names.removeAll { $0 == name }
        tell("\(name) is deleted")
    }
}
