import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

struct DeviceCommand: CommandNode {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "This account's devices.",
        subcommands: subcommands.map { $0 })
    static let subcommands: [any CommandNode.Type] = [
        DeviceListCommand.self, DeviceAddCommand.self, DeviceApproveCommand.self, DeviceRevokeCommand.self,
        DeviceRenameCommand.self,
    ]
}

struct DeviceListCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the devices of this account.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let client = try invocation.makeClient()
        let devices = try await client.accountDevices()
        try invocation.show(
            devices, object: JSONLines.device,
            header: ["ID", "NAME", "STATE", "MADE", "SEEN", "KEY"]
        ) { device in
            let (plain, record) = (invocation.plain, device.record)
            let seen = record.lastSeen == 0 ? "never" : plain.moment(record.lastSeen)
            return [
                record.id.hex, record.name + (device.isThis ? " (this one)" : ""), Self.state(of: device),
                device.isLost ? "-" : plain.moment(record.created), record.online ? "online" : seen,
                device.fingerprint ?? "-",
            ]
        }
        return .done
    }

    private static func state(of device: AccountDevice) -> String {
        guard !device.isLost else { return "lost" }
        guard device.record.state == .active else { return device.record.state.name }
        if let enrols = device.enrols { return "\(device.record.state.name), \(enrols.rawValue)" }
        return device.certifies ? "\(device.record.state.name), approves" : device.record.state.name
    }
}

struct DeviceAddCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a device for another machine or a container, and an identity file for it.",
        discussion: "The file is like a private key; 'login --identity' takes it, once unless it says otherwise.")
    static let grammar = CommandGrammar(values: ["out", "name", "slots"], flags: ["certify", "reusable"])

    @Option(
        help: ArgumentHelp(
            "Where to write it: a file that must not exist, or '-' for standard output.", valueName: "file")) var out:
        String
    @Option(help: ArgumentHelp("How the device is called.", valueName: "name")) var name: String?
    @Flag(help: "It may approve and revoke others: the way back where every other device is lost.") var certify = false
    @Flag(help: "It logs in any number of times; the newest use ends the one before.") var reusable = false
    @Option(
        help: ArgumentHelp("Put so many devices into the file, for as many jobs at once.", valueName: "number"),
        transform: OptionText.slots)
    var slots: Int?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        guard !certify || !reusable && slots == nil else {
            throw Problem(
                .usage,
                "--certify makes one device, which logs in once: it cannot be combined with --reusable or --slots")
        }
        let use: IdentityFile.Use = certify ? .certify : reusable ? .reusable : .once
        let devices = try await invocation.makeClient().addDevices(
            identityFile: out, name: name, use: use, count: slots ?? 1)
        for device in devices {
            invocation.diagnostics.note(
                "device_added", "made device \(device.hex); its identity is in \(out == "-" ? "the output" : out)")
        }
        return .done
    }
}

struct DeviceApproveCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let a device that waits use the account.",
        discussion:
            "The fingerprint stands on the screen of the device that waits: take it from there and nowhere else.")
    static let grammar = CommandGrammar(values: ["fingerprint"], flags: ["certify"])

    @Argument(help: "The device's id, or its name where only one has it.") var id: String
    @Option(help: ArgumentHelp("The fingerprint that the device shows.", valueName: "dev1:…")) var fingerprint: String
    @Flag(help: "It may approve and revoke others, too.") var certify = false
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let device = try await invocation.makeClient().approveDevice(
            id, fingerprint: fingerprint, certifies: certify)
        invocation.diagnostics.note("device_approved", "approved \(device.record.name) (\(device.record.id.hex))")
        return .done
    }
}

struct DeviceRevokeCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a device: it is disconnected and cannot log in any more.")

    static let grammar = CommandGrammar(values: ["password-file"], flags: ["force"])

    @Argument(help: "The device's id, or its name where only one has it.") var id: String
    @Flag(help: "Also where it is the account's last device.") var force = false
    @Option(
        help: ArgumentHelp(
            "The account's password, in the first line of a file: where this device may not revoke another, the server suspends it.",
            valueName: "file"))
    var passwordFile: String?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let client = try invocation.makeClient()
        let secret: [UInt8]? = if let passwordFile { try await SecretInput.firstLine(file: passwordFile) } else { nil }
        guard secret != nil || invocation.canAsk else {
            invocation.diagnostics.note(try await client.revokeDevice(id, force: force))
            return .done
        }
        let outcome = try await client.revokeDevice(id, force: force) { () async throws(Problem) in
            if let secret { return secret }
            return try await invocation.secrets.askSecret("Password: ")
        }
        invocation.diagnostics.note(outcome)
        return .done
    }
}

extension Diagnostics {
    /// Nobody finds out later that there is no way back.
    func note(_ outcome: RevocationOutcome) {
        guard outcome.leavesNoApprover else { return }
        note(
            "no_approver",
            "none of the account's other devices can approve a further one; only chat login --reset can let one in")
    }
}

struct DeviceRenameCommand: ChatCommand {
    static let configuration = CommandConfiguration(commandName: "rename", abstract: "Give a device another name.")

    @Argument(help: "The device's id, or its name where only one has it.") var id: String
    @Argument(help: "The new name.") var name: String
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().renameDevice(id, to: name)
        return .done
    }
}
