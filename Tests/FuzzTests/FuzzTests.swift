import ChatProtocol
import Foundation
import FuzzTargets
import TestSupport
import Testing

/// The inputs that are kept for the fuzzers, without a fuzzer: as they are, cut short, and with bytes changed.
@Suite struct FuzzTests {
    @Test(arguments: FuzzTarget.allCases)
    func `every parser takes its kept inputs, whatever is cut from them or changed`(target: FuzzTarget) async throws {
        let inputs = try KeptInputs.of(target)
        try #require(!inputs.isEmpty, "there is no kept input for \(target)")
        let faults = await Self.faults(of: target, inputs)
        #expect(faults == [])
    }

    /// What breaks a promise, on a thread of its own: what computes for seconds keeps no other test from going on.
    private static func faults(of target: FuzzTarget, _ inputs: [[UInt8]]) async -> [String] {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var generator = SeededGenerator(seed: 7)
                let count = max(1, KeptInputs.variants / inputs.count)
                let tried = inputs.flatMap { input in
                    [input] + (0..<count).map { _ in input.changed(using: &generator) }
                }
                continuation.resume(
                    returning: tried.compactMap { input in
                        do { try target.run(input) } catch { return "\(error): \(Data(input).base64EncodedString())" }
                        return nil
                    })
            }
        }
    }

    @Test(arguments: FrameKind.allCases)
    func `every kind of frame has a kept input that decodes`(kind: FrameKind) throws {
        let data = try Data(contentsOf: KeptInputs.folder(.frames).appending(path: "\(kind)"))
        let frame = try #require(FrameBodies.first(of: Array(data)))
        #expect(frame.frameKind == kind)
        #expect(try FrameBodies.check(frame))
    }

    @Test func `every folder of kept inputs belongs to a target`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: KeptInputs.root.path)
        #expect(Set(names).isSubset(of: FuzzTarget.allCases.map(\.rawValue)))
    }
}

private enum KeptInputs {
    /// How many changed inputs a target is given.
    static let variants = 600
    static let root = Binaries.root.appending(path: "Tests/Fuzz/Inputs")

    static func folder(_ target: FuzzTarget) -> URL { root.appending(path: target.rawValue) }

    static func of(_ target: FuzzTarget) throws -> [[UInt8]] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(target).path)) ?? []
        let kept = try names.sorted().map { Array(try Data(contentsOf: folder(target).appending(path: $0))) }
        return kept + (try target.seeds())
    }
}

extension [UInt8] {
    /// A few bytes changed, left out or doubled, or the end cut off.
    fileprivate func changed(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = self
        for _ in 0...Int.random(in: 0..<3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes.removeSubrange(place...)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(contentsOf: bytes[place...].prefix(16), at: place)
            case 3: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 4: bytes[place] = [0, 0xff, 0x7f, 0x80].randomElement(using: &generator) ?? 0
            default: bytes[place] = .random(in: 0...255, using: &generator)
            }
        }
        return bytes
    }
}
