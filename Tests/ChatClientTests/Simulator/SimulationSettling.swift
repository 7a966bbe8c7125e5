import CLISupport
import ChatProtocol
import RulesSupport
import TestSupport
import Testing

@testable import ChatClient

/// Before it is looked whether all is as it must be.
extension Simulation {
    /// Everybody accepts the keys that there are, what became of each message is found out, and all read everything.
    func settle() async throws {
        tell("-- all settle")
        try await setDevicesRight()
        let everyone = names.flatMap { people[$0]?.active ?? [] }
        for device in everyone {
            for name in names where name != device.place.account && people[name]?.hasReset == true {
                _ = try await run(.accept(name), on: device.place)
            }
        }
        for _ in 0..<3 {
            for message in messages where message.state == .open {
                guard let device = pick(people[message.sender]?.active ?? []) else { continue }
                _ = try await run(.write(message), on: device.place)
            }
        }
        for name in living {
            for other in living where other > name {
                guard let device = pick(people[name]?.active ?? []) else { continue }
                try await writes(newMessage(of: name, to: .user(other)), on: device.place)
            }
        }
        for room in rooms {
            for name in names {
                guard let device = pick(people[name]?.active ?? []) else { continue }
                let target = ConversationName.room(room.spoken)
                let end = try await run(.write(newMessage(of: name, to: target)), on: device.place)
                if case .success = end { break }
            }
        }
        // Whoever reads may have to commit, which the others read then.
        var heads: [ConversationID: SequenceNumber] = [:]
        for _ in 0..<6 {
            for device in everyone {
                _ = try await run(.sync, on: device.place)
                try await goOn(on: device.place)
            }
            let now = try await logs().courses.mapValues(\.head)
            guard now != heads else { break }
            heads = now
        }
    }

    /// Nothing befalls it, so it must go.
    private func writes(_ message: Message, on device: SimulatedDevice) async throws {
        var end = try await run(.write(message), on: device)
        if case .failure(let problem) = end, mayBeOvertaken(problem) {
            try await goOn(on: device)
            end = try await run(.write(message), on: device)
        }
        guard case .success = end else { throw fail("\(message.body) cannot be written from \(device.name)") }
    }
}
