// Owns the rules about folders and about what is committed; pure functions.

extension TidyRule {
    static let repository = [
        TidyRule(sentence: "a folder is named after what is in it") { tree in
            let empty = [
                "Utils", "Util", "Common", "Helpers", "Helper", "Internal", "Misc", "Shared",
            ]
            return tree.files.filter { file in file.folders.contains { empty.contains(String($0)) }
            }
            .map { "\($0.path): its folder says nothing" }
        },
        TidyRule(sentence: "what a build makes is not committed") { tree in
            tree.committed.filter(isMade).map { "\($0) is committed" }
        },
    ]

    private static func isMade(_ path: String) -> Bool {
        let folders: Set<Substring> = [
            ".build", ".swiftpm", ".venv", "__pycache__", ".pytest_cache", "DerivedData",
        ]
        let endings = [".o", ".pyc", ".profdata", ".profraw", ".log", ".DS_Store"]
        return path.split(separator: "/").contains { folders.contains($0) }
            || path.hasSuffix("Package.resolved") || endings.contains { path.hasSuffix($0) }
    }
}
