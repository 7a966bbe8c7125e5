import ArgumentParser
import CLISupport
import ChatClient
import ChatProtocol

struct DeviceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device", abstract: "This account's devices.",
        subcommands: [
            DeviceListCommand.self, DeviceAddCommand.self, DeviceRevokeCommand.self, DeviceRenameCommand.self,
        ])
}

struct DeviceListCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the devices of this account.")

    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let client = try invocation.makeClient()
        let this = try await client.whoAmI().device
        let devices = try await client.devices()
        try invocation.show(
            devices, object: { JSONLines.device($0, isThis: $0.id == this) },
            header: ["ID", "NAME", "STATE", "MADE", "SEEN"]
        ) { device in
            let plain = invocation.plain
            let seen = device.lastSeen == 0 ? "never" : plain.moment(device.lastSeen)
            return [
                device.id.hex, device.name + (device.id == this ? " (this one)" : ""), device.state.name,
                plain.moment(device.created), device.online ? "online" : seen,
            ]
        }
        return .done
    }
}

struct DeviceAddCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Make a device for another machine or a container, and an identity file for it.",
        discussion: "The file is like a private key; 'login --identity' takes it.")
    static let grammar = CommandGrammar(values: ["out", "name"])

    @Option(
        help: ArgumentHelp(
            "Where to write it: a file that must not exist, or '-' for standard output.", valueName: "file")) var out:
        String
    @Option(help: ArgumentHelp("How the device is called.", valueName: "name")) var name: String?
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        let device = try await invocation.makeClient().addDevice(identityFile: out, name: name)
        invocation.diagnostics.note(
            "device_added", "made device \(device.hex); its identity is in \(out == "-" ? "the output" : out)")
        return .done
    }
}

struct DeviceRevokeCommand: ChatCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a device: it is disconnected and cannot log in any more.")

    @Argument(help: "The device's id, or its name where only one has it.") var id: String
    @OptionGroup(visibility: .hidden) var globals: GlobalOptions

    func run(in invocation: Invocation) async throws(Problem) -> ExitStatus {
        try await invocation.makeClient().revokeDevice(id)
        return .done
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
