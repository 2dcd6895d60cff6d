//! Passing over a value of any depth.

use super::fault::Fault;
use super::nesting::{Bracket, Nesting};
use super::reader::{Kind, Reader};

impl Reader<'_> {
    /// Passes over one value. It is checked as strictly as if it were read; how deep it is does not matter.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn skip(&mut self) -> Result<(), Fault> {
        let mut open = Nesting::default();
        loop {
            match self.peek()? {
                Kind::Null => self.null()?,
                Kind::Bool => {
                    self.bool()?;
                }
                Kind::Number => {
                    self.number()?;
                }
                Kind::Text => self.skip_text()?,
                Kind::List => {
                    self.begin_list()?;
                    open.open(Bracket::List);
                }
                Kind::Object => {
                    self.begin_object()?;
                    open.open(Bracket::Object);
                }
            }
            loop {
                let another = match open.innermost() {
                    None => return Ok(()),
                    Some(Bracket::List) => self.next_item()?,
                    Some(Bracket::Object) => self.skip_key()?,
                };
                if another {
                    break;
                }
                open.close();
            }
        }
    }
}
