//! Reading source code: the files under src, and the paths in them.

use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{File, Item, UseTree};

/// A path in the code, such as `crate::domain::plan`, and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePath {
    pub path: Vec<String>,
    pub line: usize,
}

/// A source file.
pub struct Source {
    /// From the package's root, with slashes.
    pub file: String,
    pub text: String,
}

/// Every file under src.
pub fn sources() -> Vec<Source> {
    fn walk(dir: &Path, found: &mut Vec<Source>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let file = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_string_lossy().replace('\\', "/");
                found.push(Source { file, text: fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 20, "the sources are found");
    found
}

/// Parses a file. Statements without a function around them, as in the tests of the rules, are accepted too.
pub fn parse(text: &str) -> File {
    syn::parse_file(text)
        .or_else(|_| syn::parse_file(&format!("fn statements() {{ {text}\n}}")))
        .unwrap_or_else(|error| panic!("{error} in:\n{text}"))
}

/// All paths with at least two segments, also those in macros and attributes; `use` groups are expanded.
pub fn paths(text: &str) -> Vec<CodePath> {
    let mut paths = Paths::default();
    paths.visit_file(&parse(text));
    paths.found.retain(|found| found.path.len() > 1);
    paths.found
}

/// The names and lines of the macros called, also in the arguments of other macros.
pub fn macros(text: &str) -> Vec<(String, usize)> {
    let mut paths = Paths::default();
    paths.visit_file(&parse(text));
    paths.macros
}

#[derive(Default)]
struct Paths {
    found: Vec<CodePath>,
    macros: Vec<(String, usize)>,
}

impl<'a> Visit<'a> for Paths {
    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.found.extend(leaves(&item.tree).into_iter().map(|leaf| CodePath { path: leaf.path, line: leaf.line }));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.found.push(code_path(path));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        let CodePath { path, line } = code_path(&call.path);
        self.macros.extend(path.last().map(|name| (name.clone(), line)));
        visit::visit_macro(self, call);
        self.tokens(call.tokens.clone());
    }

    fn visit_meta_list(&mut self, list: &'a syn::MetaList) {
        visit::visit_meta_list(self, list);
        self.tokens(list.tokens.clone());
    }
}

impl Paths {
    fn tokens(&mut self, tokens: TokenStream) {
        let (found, macros) = paths_in_tokens(tokens);
        self.found.extend(found);
        self.macros.extend(macros);
    }
}

/// The paths and the macros called in the arguments of a macro, which can't be parsed as code.
pub fn paths_in_tokens(tokens: TokenStream) -> (Vec<CodePath>, Vec<(String, usize)>) {
    let (mut found, mut macros) = (Vec::new(), Vec::new());
    let mut path: Option<CodePath> = None;
    let mut colons = 0;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                let line = name.span().start().line;
                match &mut path {
                    Some(path) if colons == 2 => path.path.push(name.to_string()),
                    _ => found.extend(path.replace(CodePath { path: vec![name.to_string()], line })),
                }
                colons = 0;
            }
            TokenTree::Punct(sign) if sign.as_char() == ':' => colons += 1,
            TokenTree::Punct(sign) => {
                if let Some(CodePath { path, line }) = &path
                    && sign.as_char() == '!'
                {
                    macros.extend(path.last().map(|name| (name.clone(), *line)));
                }
                found.extend(path.take());
                colons = 0;
            }
            TokenTree::Group(group) => {
                found.extend(path.take());
                colons = 0;
                let inside = paths_in_tokens(group.stream());
                found.extend(inside.0);
                macros.extend(inside.1);
            }
            TokenTree::Literal(_) => {
                found.extend(path.take());
                colons = 0;
            }
        }
    }
    found.extend(path);
    (found, macros)
}

pub fn code_path(path: &syn::Path) -> CodePath {
    let line = path.segments.first().map_or(0, |first| first.ident.span().start().line);
    CodePath { path: path.segments.iter().map(|segment| segment.ident.to_string()).collect(), line }
}

/// One name that a `use` brings into scope.
pub struct UseLeaf {
    pub path: Vec<String>,
    /// The name in this file; `*` for everything in the module.
    pub name: String,
    pub line: usize,
}

/// `a::{b, c as d}` is `a::b` and `a::c`.
pub fn leaves(tree: &UseTree) -> Vec<UseLeaf> {
    fn collect(tree: &UseTree, before: &[String], found: &mut Vec<UseLeaf>) {
        let leaf = |ident: &syn::Ident, name: &syn::Ident| UseLeaf {
            path: [before, &[ident.to_string()]].concat(),
            name: name.to_string(),
            line: ident.span().start().line,
        };
        match tree {
            UseTree::Path(path) => collect(&path.tree, &[before, &[path.ident.to_string()]].concat(), found),
            UseTree::Name(name) => found.push(leaf(&name.ident, &name.ident)),
            UseTree::Rename(rename) => found.push(leaf(&rename.ident, &rename.rename)),
            UseTree::Group(group) => group.items.iter().for_each(|tree| collect(tree, before, found)),
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                found.push(UseLeaf { path: before.to_vec(), name: "*".to_owned(), line });
            }
        }
    }
    let mut found = Vec::new();
    collect(tree, &[], &mut found);
    found
}

/// Whether the item is compiled only for tests.
pub fn is_test_code(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}
