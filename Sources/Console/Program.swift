// How a program begins and ends: its command line, its exit code; main thread.

package import ArgumentParser
import Foundation

/// The main function of every program of this project.
package enum Program {
    /// Parses the command line, runs the command, and ends the program when that fails.
    package static func run<Root: AsyncParsableCommand>(_ root: Root.Type) async {
        // A reader that went away (`| head`) shows as a failed write, which ends us quietly.
        signal(SIGPIPE, SIG_IGN)
        do {
            try checkArguments(root)
            var command = try root.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            end(root, failure)
        } catch {
            // The rest is the parser's: help that was asked for, an exit code without a word, or
            // a wrong command line, for which it would exit with 64.
            guard root.exitCode(for: error) == .validationFailure else {
                root.exit(withError: error)
            }
            // Some of the parser's messages are sentences; ours go on behind a semicolon.
            let message = root.message(for: error)
            let phrase = message.hasSuffix(".") ? String(message.dropLast()) : message
            end(root, .usage(phrase, command: commandName(root)))
        }
    }

    /// Whether the bytes of an argument are what its text says: the standard library replaces
    /// those that are not UTF-8, and another key or value would be read or written.
    static func isText(_ argument: UnsafePointer<CChar>) -> Bool {
        String(validatingCString: argument) != nil
    }

    private static func checkArguments<Root: ParsableCommand>(
        _ root: Root.Type
    ) throws(CommandFailure) {
        for number in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[number], !isText(argument) else { continue }
            throw .usage(
                "argument \(number) is not UTF-8; other bytes come from a file or standard input",
                command: commandName(root))
        }
    }

    private static func end<Root: ParsableCommand>(
        _ root: Root.Type, _ failure: CommandFailure
    ) -> Never {
        // Whether JSON was asked for, as far as a command line tells that may be wrong.
        let isJSON = CommandLine.arguments.prefix { $0 != "--" }.contains("--json")
        Output(of: name(root), isJSON: isJSON).report(failure)
        root.exit(withError: ExitCode(failure.exit.rawValue))
    }

    private static func name<Root: ParsableCommand>(_ root: Root.Type) -> String {
        root.configuration.commandName ?? ""
    }

    /// The command that was meant, for the advice to read its help.
    private static func commandName<Root: ParsableCommand>(_ root: Root.Type) -> String {
        let names = root.configuration.subcommands.compactMap { $0.configuration.commandName }
        let found = CommandLine.arguments.dropFirst().first(where: names.contains)
        return ([name(root)] + [found].compactMap(\.self)).joined(separator: " ")
    }
}
